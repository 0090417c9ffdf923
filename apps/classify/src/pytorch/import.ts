import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '@sluice/formats';
import { decodeSafetensors, type FileTensor } from '@sluice/formats/safetensors';
import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { InputError } from '../failure.js';
import { readRegularFile } from '../files/regular-file.js';
import { buildModel } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import { writeModel, writeModelDescription } from '../storage/model-files.js';
import { modelFiles } from '../storage/model-json.js';
import { checked, jsonIn, settingsSchema, vocabularySchema } from '../storage/schemas.js';
import { Vocabulary } from '../text/vocabulary.js';
import { allFinite } from '../training/weights.js';

/** The result of an import. */
export interface ImportedModel {
  settings: Settings;
  classes: string[];
  /** The epoch that the weights are of. */
  epoch: number;
  /** The largest difference between a probability here and in PyTorch. */
  difference: number;
}

/** PyTorch's probabilities and ours differ by rounding; in bfloat16 by far more, which `train.py` does not use for them. */
const largestDifference = 1e-4;

/**
 * Makes the folder of a model from weights that `train.py` trained.
 *
 * @param folder the folder of `export-trainer`.
 * @param out the folder of the model.
 * @throws InputError when a file is missing, damaged or of another model, or when the model does not predict what it
 *   predicted in PyTorch.
 */
export async function importTrained(folder: string, out: string): Promise<ImportedModel> {
  const trainedPath = join(folder, 'trained.safetensors');
  if (!existsSync(trainedPath)) {
    throw new InputError(
      `${trainedPath}: there is no such file. Run train.py in the folder of export-trainer; it writes the file after each best epoch.`,
    );
  }
  const parsed = (name: string) => {
    const path = join(folder, name);
    return { path, json: jsonIn(path, readRegularFile(path).toString('utf8')) };
  };
  const settingsFile = parsed(modelFiles.settings);
  const { settings, classes } = checked(settingsFile.path, settingsFile.json, settingsSchema);
  const vocabularyFile = parsed(modelFiles.vocabulary);
  const { tokens } = checked(vocabularyFile.path, vocabularyFile.json, vocabularySchema);
  const tensors = readTensors(trainedPath);
  const model = buildModel(settings, new Vocabulary(tokens).size, classes.length);
  try {
    setWeights(model, tensors, trainedPath);
    const difference = await compareProbabilities(model, tensors, classes.length, trainedPath);
    if (!(difference <= largestDifference)) {
      throw new InputError(
        `${trainedPath}: the model predicts probabilities that differ by ${difference} from PyTorch's. ` +
          'The file was changed, or the folder was exported by another version; export and train again.',
      );
    }
    const epoch = requireTensor(tensors, 'check/epoch', trainedPath).values[0];
    writeModelDescription(out, { settings, classes, tokens });
    await writeModel(out, model, epoch);
    return { settings, classes, epoch, difference };
  } finally {
    model.optimizer.dispose();
    model.dispose();
  }
}

function readTensors(path: string): Map<string, FileTensor> {
  try {
    const { tensors } = decodeSafetensors(readRegularFile(path), path);
    return new Map(tensors.map((tensor) => [tensor.name, tensor]));
  } catch (error) {
    throw error instanceof FormatError ? new InputError(error.message) : error;
  }
}

function requireTensor(tensors: ReadonlyMap<string, FileTensor>, name: string, path: string): FileTensor {
  const found = tensors.get(name);
  if (found) return found;
  const names = [...tensors.keys()].join(', ') || 'nothing';
  throw new InputError(`${path}: expected ${name} in it, but it holds ${names}. Train again with train.py.`);
}

function setWeights(model: LayersModel, tensors: ReadonlyMap<string, FileTensor>, path: string): void {
  const values = model.weights.map(({ originalName, shape }) => {
    const found = requireTensor(tensors, originalName, path);
    if (String(found.shape) !== String(shape)) {
      throw new InputError(
        `${path}: ${originalName} has the shape [${found.shape.join(', ')}], the settings need [${shape.join(', ')}].`,
      );
    }
    if (!(found.values instanceof Float32Array && allFinite(found.values))) {
      throw new InputError(
        `${path}: the weights ${originalName} are not finite. Train again with a smaller --learning-rate.`,
      );
    }
    return found;
  });
  const made = values.map(({ values: numbers, shape }) => tensor(numbers, [...shape]));
  model.setWeights(made);
  for (const one of made) one.dispose();
}

/** The largest difference of the probabilities for the texts that `train.py` predicted. */
async function compareProbabilities(
  model: LayersModel,
  tensors: ReadonlyMap<string, FileTensor>,
  classes: number,
  path: string,
): Promise<number> {
  const tokens = requireTensor(tensors, 'check/tokens', path);
  const expected = requireTensor(tensors, 'check/probabilities', path);
  const output = tidy(
    () => model.predictOnBatch(tensor(Int32Array.from(tokens.values), [...tokens.shape], 'int32')) as Tensor,
  );
  const predicted = await output.data<'float32'>();
  output.dispose();
  // A model of two classes gives the probability of the second one.
  const column = (i: number) => (classes === 2 ? 2 * i + 1 : i);
  return predicted.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - expected.values[column(i)])),
    0,
  );
}
