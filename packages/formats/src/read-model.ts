import { asFormatError, FormatError } from './bytes/format-error.js';
import { openSource, type Source } from './bytes/source.js';
import type { ReadOptions } from './data/format.js';
import type { ModelFile } from './data/layers.js';
import { formats, recogniseFormat } from './formats.js';

/**
 * Reads a model file of any supported format, recognised by its content, as plain data.
 *
 * @param source a path (Node), a URL, a `File`, all `File`s of a model in several files, or bytes.
 * @throws FormatError when the file is missing, damaged, of an unknown kind, or holds something that cannot be run.
 */
export async function readModel(source: Source, options: ReadOptions = {}): Promise<ModelFile> {
  const opened = await openSource(source, options);
  const format = recogniseFormat(opened.bytes);
  if (!format?.loadReader) {
    const known = formats.map(({ label, endings }) => `${label} (${endings.join(', ')})`).join('; ');
    throw new FormatError(`${opened.name}: this is no model file that Sluice reads. It reads: ${known}.`);
  }
  const { read } = await format.loadReader();
  return asFormatError(opened.name, () => read(opened, options));
}
