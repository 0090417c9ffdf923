import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Settings } from '../model/settings.js';
import { checksum, writeFileAtomically } from './atomic-file.js';

/*
 * A saved model is a folder:
 *
 *     model.json            TensorFlow.js's layers format, with the checksums of the other files and its own
 *     weights-<hash>.bin    the weights; a new name for new content, so that replacing model.json replaces both
 *     vocabulary.json       the tokens in the order of their numbers
 *     settings.json         the settings and the classes
 */

/** The fixed names of files. */
export const modelFiles = {
  model: 'model.json',
  vocabulary: 'vocabulary.json',
  settings: 'settings.json',
} as const;

/** The version of this layout. */
export const modelVersion = 1;

/** The description of a model without its weights. */
export interface ModelDescription {
  settings: Settings;
  classes: readonly string[];
  tokens: readonly string[];
}

/** model.json: the format of TensorFlow.js, with additions. */
export interface ModelJson extends io.ModelJSON {
  userDefinedMetadata: {
    version: number;
    /** The epoch of the weights. */
    epoch: number;
    /** The SHA-256 of each other file of the folder. */
    checksums: [file: string, checksum: string][];
  };
  /** The SHA-256 of this file without this entry. */
  checksum: string;
}

/** Writes the files that do not change during a run. */
export function writeModelDescription(folder: string, { settings, classes, tokens }: ModelDescription): void {
  writeFileAtomically(join(folder, modelFiles.settings), [
    JSON.stringify({ version: modelVersion, settings, classes }),
  ]);
  writeFileAtomically(join(folder, modelFiles.vocabulary), [
    JSON.stringify({ version: modelVersion, tokens }),
  ]);
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
