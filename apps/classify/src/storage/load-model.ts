import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { InputError, messageOf } from '../failure.js';
import { readRegularFile } from '../files/regular-file.js';
import type { Settings } from '../model/settings.js';
import { Vocabulary } from '../text/vocabulary.js';
import { hasCheckpoint } from '../training/checkpoint.js';
import { firstNotFinite, modelWeights } from '../training/weights.js';
import { checksum } from './checksum.js';
import { type ModelJson, modelFiles, modelVersion } from './model-files.js';

/** A saved model, ready to be asked. */
export interface SavedModel {
  model: LayersModel;
  settings: Settings;
  classes: string[];
  vocabulary: Vocabulary;
  /** The epoch that the weights are of. */
  epoch: number;
}

/**
 * Loads the model in a folder. Every file is compared with its checksum first. A training run may replace the model
 * meanwhile and remove the weights of the one before: then it is read again.
 *
 * @throws InputError naming the file that is missing, truncated or changed, or has weights that are not finite.
 */
export async function loadModel(folder: string): Promise<SavedModel> {
  for (;;) {
    const text = modelText(folder);
    try {
      return await modelOf(folder, text);
    } catch (error) {
      if (modelText(folder) === text) throw error;
    }
  }
}

/** @param text of model.json. */
async function modelOf(folder: string, text: string): Promise<SavedModel> {
  const json = modelJson(join(folder, modelFiles.model), text);
  const { checksums, epoch } = json.userDefinedMetadata;
  const files = new Map(checksums.map(([file, sum]) => [file, verifiedFile(folder, file, sum)]));
  const { settings, classes } = parsed(folder, modelFiles.settings, files);
  const { tokens } = parsed(folder, modelFiles.vocabulary, files);
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = files.get(paths[0]) as Buffer;
  const model = await loadLayersModel(
    io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: weights,
      weightData: new Uint8Array(bytes).buffer,
    }),
  );
  const broken = firstNotFinite(await modelWeights(model));
  if (broken !== undefined) {
    throw new InputError(
      `${join(folder, paths[0])}: the weights ${broken.name} are not finite (NaN or infinite). ` +
        'Train again in another folder, with a smaller --learning-rate or with --clip-norm 1.',
    );
  }
  return { model, settings, classes, vocabulary: new Vocabulary(tokens), epoch };
}

function modelText(folder: string): string {
  const path = join(folder, modelFiles.model);
  if (!existsSync(path)) {
    throw new InputError(
      hasCheckpoint(folder)
        ? `${folder}: no epoch of this training run was finished. Go on with train --out ${folder} --resume.`
        : `${path}: there is no such file; expected the folder of a saved model (train --out FOLDER makes one).`,
    );
  }
  return readRegularFile(path).toString('utf8');
}

function modelJson(path: string, text: string): ModelJson {
  let json: ModelJson;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(path, `not valid JSON (${messageOf(error)})`);
  }
  const { checksum: expected, ...body } = json;
  if (expected === undefined) {
    throw new InputError(`${path}: not a model of this program (no "checksum" in it), or damaged.`);
  }
  if (checksum(JSON.stringify(body)) !== expected) throw damaged(path, 'its checksum does not match');
  if (json.userDefinedMetadata.version !== modelVersion) {
    throw new InputError(
      `${path}: has version ${json.userDefinedMetadata.version} of the layout, this program reads version ${modelVersion}.`,
    );
  }
  return json;
}

function verifiedFile(folder: string, file: string, expected: string): Buffer {
  const path = join(folder, file);
  const bytes = readRegularFile(path);
  if (checksum(bytes) !== expected) {
    throw damaged(path, `its ${bytes.length} bytes do not match the checksum in ${modelFiles.model}`);
  }
  return bytes;
}

function parsed(folder: string, file: string, files: ReadonlyMap<string, Buffer>) {
  const bytes = files.get(file);
  if (bytes === undefined) throw damaged(join(folder, modelFiles.model), `no checksum of ${file} in it`);
  return JSON.parse(bytes.toString('utf8'));
}

function damaged(path: string, reason: string): InputError {
  return new InputError(
    `${path}: the file is damaged: ${reason}. Copy it again from where it was whole, or train again.`,
  );
}
