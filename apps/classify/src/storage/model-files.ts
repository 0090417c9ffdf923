import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checksum, writeFileAtomically } from './atomic-file.js';
import { bodyOfModel, describeModel, type ModelDescription, modelFiles } from './model-json.js';

/** Writes the files that do not change during a run. */
export function writeModelDescription(folder: string, description: ModelDescription): void {
  for (const [file, text] of describeModel(description)) writeFileAtomically(join(folder, file), [text]);
}

/**
 * Writes the model into a folder that has its description. It replaces an earlier model in one step: until model.json is
 * renamed into place, the earlier model.json and its weights are still there.
 */
export async function writeModel(folder: string, model: LayersModel, epoch: number): Promise<void> {
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      const weights = Buffer.from(io.CompositeArrayBuffer.join(artifacts.weightData));
      const weightsFile = `weights-${checksum(weights).slice(0, 12)}.bin`;
      writeFileAtomically(join(folder, weightsFile), [weights]);
      const body = bodyOfModel(artifacts, weightsFile, epoch, [
        [weightsFile, checksum(weights)],
        ...[modelFiles.settings, modelFiles.vocabulary].map((file): [string, string] => [
          file,
          checksum(readFileSync(join(folder, file))),
        ]),
      ]);
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
