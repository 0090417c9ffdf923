import { FormatError } from './bytes/format-error.js';
import type { FormatName, ModelFile } from './data/layers.js';
import { formats, type WriteOptions, type WrittenFiles } from './formats.js';

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
  const module = await formats.find(({ name }) => name === format)?.loadWriter?.();
  if (!module) throw new FormatError(`Sluice does not write the format '${format}'.`);
  return module.write(model, options);
}
