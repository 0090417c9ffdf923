import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { writeFileAtomically } from './atomic-file.js';
import { checksum } from './checksum.js';
import { type ModelDescription, type ModelJson, modelFiles, modelVersion } from './model-files.js';

/** Writes the files that stay the same for all epochs of a run. */
export function writeModelDescription(folder: string, { settings, classes, tokens }: ModelDescription): void {
  writeFileAtomically(join(folder, modelFiles.settings), [
    JSON.stringify({ version: modelVersion, settings, classes }),
  ]);
  writeFileAtomically(join(folder, modelFiles.vocabulary), [
    JSON.stringify({ version: modelVersion, tokens }),
  ]);
}

/**
 * Writes the model into a folder that has its description, replacing an earlier model in one step: until
 * model.json is renamed into place, the earlier one and its weights are there and belong together.
 */
export async function writeModel(folder: string, model: LayersModel, epoch: number): Promise<void> {
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      const weights = Buffer.from(io.CompositeArrayBuffer.join(artifacts.weightData));
      const weightsFile = `weights-${checksum(weights).slice(0, 12)}.bin`;
      writeFileAtomically(join(folder, weightsFile), [weights]);
      const body: Omit<ModelJson, 'checksum'> = {
        modelTopology: artifacts.modelTopology as io.ModelJSON['modelTopology'],
        format: artifacts.format,
        generatedBy: artifacts.generatedBy,
        convertedBy: artifacts.convertedBy,
        weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs ?? [] }],
        userDefinedMetadata: {
          version: modelVersion,
          epoch,
          checksums: [
            [weightsFile, checksum(weights)],
            ...[modelFiles.settings, modelFiles.vocabulary].map((file): [string, string] => [
              file,
              checksum(readFileSync(join(folder, file))),
            ]),
          ],
        },
      };
      const json = { ...body, checksum: checksum(JSON.stringify(body)) };
      writeFileAtomically(join(folder, modelFiles.model), [JSON.stringify(json)]);
      removeOtherWeights(folder, weightsFile);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
}

function removeOtherWeights(folder: string, current: string): void {
  for (const file of readdirSync(folder)) {
    if (/^weights-[0-9a-f]{12}\.bin$/.test(file) && file !== current) rmSync(join(folder, file));
  }
}
