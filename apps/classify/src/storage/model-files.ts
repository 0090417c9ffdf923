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

/** The files' names that do not change. */
export const modelFiles = {
  model: 'model.json',
  vocabulary: 'vocabulary.json',
  settings: 'settings.json',
} as const;

/** The version of this layout. */
export const modelVersion = 1;

/** Everything about a model but its weights. */
export interface ModelDescription {
  settings: Settings;
  classes: readonly string[];
  tokens: readonly string[];
}

/** model.json: the format that TensorFlow.js documents, and what this program adds. */
export interface ModelJson extends io.ModelJSON {
  userDefinedMetadata: {
    version: number;
    /** The epoch that the weights are of. */
    epoch: number;
    /** The SHA-256 of each other file of the folder, as pairs of name and digits. */
    checksums: [file: string, checksum: string][];
  };
  /** The SHA-256 of this file without this entry. */
  checksum: string;
}
