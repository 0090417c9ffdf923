/** Writing models. Apart from the readers: bundlers split what readers and writers share into more pieces. */
import { describe, FormatError } from './bytes/format-error.js';
import type { WriteFormat, WriteOptions, WrittenFiles } from './data/format.js';
import type { FormatName, ModelFile } from './data/layers.js';

export type { WriteOptions, WrittenFiles } from './data/format.js';
export { formatOfPath } from './formats.js';

/** Loads the module that writes a format. */
const writers: Partial<Record<FormatName, () => Promise<{ readonly write: WriteFormat }>>> = {
  'layers-model': () => import('./layers-model/write.js'),
  safetensors: () => import('./safetensors/write.js'),
  keras: () => import('./keras/write-archive.js'),
  pytorch: () => import('./pytorch/write.js'),
  sru: () => import('./sru/write.js'),
  onnx: () => import('./onnx/write.js'),
};

/** The names of the formats that are written. */
export const formatNames = Object.keys(writers) as readonly FormatName[];

const QUANTIZE: readonly unknown[] = [undefined, 'float16', 'int8'];

/**
 * Writes a model in a format.
 *
 * @param model what `readModel` gave, or what `toModelFile` of `@sluice/layers` makes of a model.
 * @returns the bytes of each file by its name; the first one is the file to open.
 * @throws TypeError, RangeError when an argument is wrong; FormatError when the format is not one that Sluice writes, or cannot
 *   hold the model.
 */
export async function writeModel(
  model: ModelFile,
  format: FormatName,
  options: WriteOptions = {},
): Promise<WrittenFiles> {
  if (!Array.isArray(model?.layers) || !Array.isArray(model.tensors)) {
    throw new TypeError(
      'writeModel takes what readModel gives. Of a model of TensorFlow.js, give what toModelFile of @sluice/layers makes.',
    );
  }
  const { name, quantize } = options;
  if (!QUANTIZE.includes(quantize)) {
    throw new RangeError(`quantize must be 'float16' or 'int8', but is ${describe(quantize)}.`);
  }
  if (name !== undefined && !/^[^\\/]+$/.test(name)) {
    throw new RangeError(`name must be a name of files without folders, but is ${describe(name)}.`);
  }
  const module = Object.hasOwn(writers, format) ? await writers[format]?.() : undefined;
  if (!module)
    throw new FormatError(
      `Sluice does not write the format ${describe(format)}. It writes ${formatNames.join(', ')}.`,
    );
  return module.write(model, options);
}
