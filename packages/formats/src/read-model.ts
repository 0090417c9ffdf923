import { asFormatError } from './bytes/as-format-error.js';
import { openSource, type Source } from './bytes/source.js';
import type { ReadOptions } from './data/format.js';
import type { ModelFile } from './data/layers.js';
import { findReader } from './readers/of-pages.js';

const OPTIONS: readonly string[] = ['assume', 'onProgress', 'signal'] satisfies (keyof ReadOptions)[];

/**
 * Reads a model file of any supported format, recognised by its content, as plain data.
 *
 * @param source a path (Node), a URL, a `File`, all `File`s of a model in several files, or bytes.
 * @throws TypeError for an unknown option; FormatError when the file is missing, damaged, of an unknown kind, or holds something that cannot be run.
 */
export async function readModel(source: Source, options: ReadOptions = {}): Promise<ModelFile> {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) {
    throw new TypeError(`There is no option ${unknown.join(', ')}. There are ${OPTIONS.join(', ')}.`);
  }
  const opened = await openSource(source, options);
  const reader = await findReader(opened.bytes, opened.name);
  const { read } = await reader.load();
  return asFormatError(opened.name, () => read(opened, options));
}
