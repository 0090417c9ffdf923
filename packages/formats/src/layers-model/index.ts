/** The layers format without the search for the format: the smallest way to read one. Also models in memory. */
import { cellFrom } from '@sluice/core';
import { asFormatError } from '../bytes/as-format-error.js';
import type { OpenedSource } from '../bytes/source.js';
import { type KerasObject, type MakeCell, type ModelFile, makeKnownCell } from '../data/layers.js';
import { assemble, readWith } from './read.js';
import { decodeGroup, readEntry } from './weights.js';

/**
 * A model in memory as plain data.
 * @param topology as TensorFlow.js's `save` gives it.
 * @param weightSpecs the manifest of the weights.
 * @param weightData their bytes.
 */
export async function describeModel(
  topology: KerasObject,
  weightSpecs: readonly object[],
  weightData: Uint8Array,
): Promise<ModelFile> {
  const file = 'the model';
  const entries = weightSpecs.map((entry) => readEntry(entry, file));
  const tensors = decodeGroup(entries, weightData, file);
  return {
    format: 'layers-model',
    ...(await assemble(topology, tensors, { makeCell: cellFrom, repeatsPadded: true, file })),
    notes: [],
  };
}

/**
 * Reads a file that is known to be a `model.json` of TensorFlow.js's layers format, as `readModel` of `@sluice/formats` does.
 *
 * @param file its bytes, its name for errors, and `sibling(path)`, which gives the bytes of a file of weights beside it.
 * @param makeCell `cellFrom` of `@sluice/core` for models with cells of your own. Default: Sluice's cells alone.
 * @throws FormatError when the file is damaged, or holds a layer that cannot be run.
 */
export const readLayersModel = (file: OpenedSource, makeCell: MakeCell = makeKnownCell): Promise<ModelFile> =>
  asFormatError(file.name, () => readWith(makeCell, file));
