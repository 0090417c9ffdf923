import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { InputError, messageOf } from '../failure.js';
import { readRegularFile } from '../files/regular-file.js';
import { outputUnits } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import { Vocabulary } from '../text/vocabulary.js';
import { hasCheckpoint } from '../training/checkpoint.js';
import { firstNotFinite, modelWeights } from '../training/weights.js';
import { checksum } from './atomic-file.js';
import { sizeOf } from './checkpoint-file.js';
import { modelFiles, modelVersion } from './model-json.js';
import {
  checked,
  jsonIn,
  modelSchema,
  notOurs,
  settingsSchema,
  versionedSchema,
  vocabularySchema,
} from './schemas.js';

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
 * @throws InputError naming the file that is missing, truncated or changed, does not fit the others, or has weights that
 *   are not finite.
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
  const path = join(folder, modelFiles.model);
  const { modelTopology, weightsManifest, userDefinedMetadata } = sealedModel(path, text);
  const [{ paths, weights: weightSpecs }] = weightsManifest;
  const checksums = new Map(userDefinedMetadata.checksums);
  const read = (file: string) => verifiedFile(folder, file, checksums.get(file));
  const parsed = (file: string) => jsonIn(join(folder, file), read(file).toString('utf8'));
  const settingsPath = join(folder, modelFiles.settings);
  const { settings, classes } = checked(settingsPath, parsed(modelFiles.settings), settingsSchema);
  const vocabularyPath = join(folder, modelFiles.vocabulary);
  const { tokens } = checked(vocabularyPath, parsed(modelFiles.vocabulary), vocabularySchema);
  const vocabulary = new Vocabulary(tokens);
  const weightsPath = join(folder, paths[0]);
  const bytes = read(paths[0]);
  const misfit = misfitOf(weightSpecs, bytes.length, { settings, classes, vocabulary });
  if (misfit !== undefined) throw notOurs(path, misfit);
  let model: LayersModel;
  try {
    const weightData = new Uint8Array(bytes).buffer;
    model = await loadLayersModel(io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (error) {
    throw notOurs(path, `TensorFlow.js makes no model of it (${messageOf(error).split('\n')[0]})`);
  }
  const shapes = `${JSON.stringify(model.inputs[0].shape)} to ${JSON.stringify(model.outputs[0].shape)}`;
  const expected = `[null,null] to [null,${outputUnits(classes.length)}]`;
  if (shapes !== expected) {
    throw notOurs(path, `the model goes from ${shapes}, the settings and classes need ${expected}`);
  }
  const broken = firstNotFinite(await modelWeights(model));
  if (broken !== undefined) {
    throw new InputError(
      `${weightsPath}: the weights ${broken.name} are not finite (NaN or infinite). ` +
        'Train again in another folder, with a smaller --learning-rate or with --clip-norm 1.',
    );
  }
  return { model, settings, classes, vocabulary, epoch: userDefinedMetadata.epoch };
}

function modelText(folder: string): string {
  const path = join(folder, modelFiles.model);
  if (!existsSync(path)) {
    throw new InputError(
      hasCheckpoint(folder)
        ? `${folder}: no epoch of this training run is finished. Resume with train --out ${folder} --resume.`
        : `${path}: there is no such file; expected the folder of a saved model (train --out FOLDER makes one).`,
    );
  }
  return readRegularFile(path).toString('utf8');
}

/** model.json, its checksum compared and its content checked. */
function sealedModel(path: string, text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(path, `not valid JSON (${messageOf(error)})`);
  }
  if (typeof json !== 'object' || json === null || !('checksum' in json)) {
    throw new InputError(`${path}: not a model of this program (no "checksum" in it), or damaged.`);
  }
  const { checksum: expected, ...body } = json;
  if (checksum(JSON.stringify(body)) !== expected) throw damaged(path, 'its checksum does not match');
  const { version } = checked(path, body, versionedSchema).userDefinedMetadata;
  if (version !== modelVersion) {
    throw new InputError(
      `${path}: has version ${version} of the layout, this program reads version ${modelVersion}.`,
    );
  }
  return checked(path, body, modelSchema);
}

/** @param expected the file's checksum as model.json has it. */
function verifiedFile(folder: string, file: string, expected: string | undefined): Buffer {
  const path = join(folder, file);
  if (expected === undefined) {
    throw damaged(join(folder, modelFiles.model), `no checksum of ${file} in it`);
  }
  const bytes = readRegularFile(path);
  if (checksum(bytes) !== expected) {
    throw damaged(path, `its ${bytes.length} bytes do not match the checksum in ${modelFiles.model}`);
  }
  return bytes;
}

function damaged(path: string, reason: string): InputError {
  return new InputError(
    `${path}: the file is damaged: ${reason}. Copy it again from where it was whole, or train again.`,
  );
}

/** A weight in model.json. */
interface WeightSpec {
  name: string;
  shape: readonly number[];
}

/**
 * Compares the files of a model: the sizes of its weights, its settings, classes and tokens. This comes before the model is
 * created, so that wrong sizes take no memory.
 *
 * @param bytes length of the file of the weights.
 * @returns the first contradiction, or undefined.
 */
export function misfitOf(
  weights: readonly WeightSpec[],
  bytes: number,
  {
    settings,
    classes,
    vocabulary,
  }: { settings: Settings; classes: readonly string[]; vocabulary: Vocabulary },
): string | undefined {
  const needed = weights.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  if (needed !== bytes) return `its weights take ${needed} bytes, their file has ${bytes}`;
  const layers = new Set(weights.map(({ name }) => name.match(/recurrent_\d+/)?.[0]).filter(Boolean)).size;
  if (layers !== settings.layers) {
    return `${layers} recurrent layers, the settings say ${settings.layers}`;
  }
  const width = settings.units * (settings.bidirectional ? 2 : 1);
  const expected: [name: string, shape: number[], why: string][] = [
    ['embedding/embeddings', [vocabulary.size, settings.embedding], 'tokens and settings'],
    ['dense/kernel', [width, outputUnits(classes.length)], `settings and ${classes.length} classes`],
  ];
  for (const [name, shape, why] of expected) {
    const found = weights.find((weight) => weight.name === name)?.shape.join(', ');
    if (found !== shape.join(', ')) {
      return `${name} has the shape [${found ?? 'none'}], the ${why} need [${shape.join(', ')}]`;
    }
  }
  return undefined;
}
