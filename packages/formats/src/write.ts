/** Writing models. Apart from the readers: bundlers split what readers and writers share into more pieces. */
import { FormatError } from './bytes/format-error.js';
import type { WriteFormat, WriteOptions, WrittenFiles } from './data/format.js';
import type { FormatName, ModelFile } from './data/layers.js';

export type { WriteOptions, WrittenFiles } from './data/format.js';
export { formatNames, formatOfPath } from './formats.js';

/** Loads the module that writes a format. */
const writers: Partial<Record<FormatName, () => Promise<{ readonly write: WriteFormat }>>> = {
  'layers-model': () => import('./layers-model/write.js'),
  safetensors: () => import('./safetensors/write.js'),
  keras: () => import('./keras/write-archive.js'),
  pytorch: () => import('./pytorch/write.js'),
  sru: () => import('./sru/write.js'),
  onnx: () => import('./onnx/write.js'),
};

/**
 * Writes a model in a format.
 *
 * @param model what `readModel` gave, or what `toModelFile` of `@sluice/layers` makes of a model.
 * @returns the bytes of each file by its name; the first one is the file to open.
 * @throws FormatError when the format is not one that Sluice writes, or cannot hold the model.
 */
export async function writeModel(
  model: ModelFile,
  format: FormatName,
  options: WriteOptions = {},
): Promise<WrittenFiles> {
  const module = Object.hasOwn(writers, format) ? await writers[format]?.() : undefined;
  if (!module) throw new FormatError(`Sluice does not write the format '${format}'.`);
  return module.write(model, options);
}
