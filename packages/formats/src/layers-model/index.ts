/** The layers format without the search for the format: the smallest way to read one. Also models in memory. */
import { asFormatError } from '../bytes/format-error.js';
import type { OpenedSource } from '../bytes/source.js';
import type { KerasObject, ModelFile } from '../data/layers.js';
import { assemble, read } from './read.js';
import { decodeGroup, readEntry } from './weights.js';

/**
 * A model in memory as plain data.
 * @param topology as TensorFlow.js's `save` gives it.
 * @param weightSpecs the manifest of the weights.
 * @param weightData their bytes.
 */
export function describeModel(
  topology: KerasObject,
  weightSpecs: readonly object[],
  weightData: Uint8Array,
): ModelFile {
  const file = 'the model';
  const entries = weightSpecs.map((entry) => readEntry(entry, file));
  const tensors = decodeGroup(entries, weightData, file);
  return { format: 'layers-model', ...assemble(topology, tensors, true, file), notes: [] };
}

/**
 * Reads a file that is known to be a `model.json` of TensorFlow.js's layers format, as `readModel` of `@sluice/formats` does.
 *
 * @param file its bytes, its name for errors, and `sibling(path)`, which gives the bytes of a file of weights beside it.
 * @throws FormatError when the file is damaged, or holds a layer that cannot be run.
 */
export const readLayersModel = (file: OpenedSource): Promise<ModelFile> =>
  asFormatError(file.name, () => read(file));
