/** Safetensors without the search for the format: the smallest way to read one, as layers or as tensors. */
import { asFormatError } from '../bytes/as-format-error.js';
import type { OpenedSource } from '../bytes/source.js';
import type { ReadOptions } from '../data/format.js';
import type { ModelFile } from '../data/layers.js';
import { read } from './read.js';

export {
  decodeSafetensors,
  type EncodeOptions,
  encodeSafetensors,
  type FileTensor,
  type SafetensorsContent,
  type WrittenTensor,
} from './tensors.js';

/**
 * Reads a file that is known to be safetensors with PyTorch's names, as `readModel` of `@sluice/formats` does.
 *
 * @param file its bytes, and its name for errors.
 * @throws FormatError when the file is damaged, or holds a module that cannot be run.
 */
export const readSafetensors = (
  file: Pick<OpenedSource, 'name' | 'bytes'>,
  options: Pick<ReadOptions, 'assume'> = {},
): Promise<ModelFile> => asFormatError(file.name, () => read(file, options));
