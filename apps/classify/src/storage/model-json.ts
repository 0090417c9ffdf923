import type { io } from '@tensorflow/tfjs-core';
import type { Settings } from '../model/settings.js';

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

/** The files that do not change during a run: settings and vocabulary. */
export const describeModel = ({
  settings,
  classes,
  tokens,
}: ModelDescription): readonly (readonly [file: string, text: string])[] => [
  [modelFiles.settings, JSON.stringify({ version: modelVersion, settings, classes })],
  [modelFiles.vocabulary, JSON.stringify({ version: modelVersion, tokens })],
];

/** model.json without its own checksum. */
export const bodyOfModel = (
  artifacts: io.ModelArtifacts,
  weightsFile: string,
  epoch: number,
  checksums: [file: string, checksum: string][],
): Omit<ModelJson, 'checksum'> => ({
  modelTopology: artifacts.modelTopology as io.ModelJSON['modelTopology'],
  format: artifacts.format,
  generatedBy: artifacts.generatedBy,
  convertedBy: artifacts.convertedBy,
  weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs ?? [] }],
  userDefinedMetadata: { version: modelVersion, epoch, checksums },
});
