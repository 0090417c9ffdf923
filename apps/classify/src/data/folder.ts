import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, messageOf } from '../failure.js';
import { decode, type Encoding } from './encoding.js';
import type { Example, RowProblems } from './example.js';
import { reasonAgainst } from './row-problems.js';

/**
 * Reads a folder per class: each folder in `folder` is a class, each file in it one example. Names are taken in
 * code-unit order, so that every file system gives the same data; names that begin with a dot are left out.
 *
 * @param read told of each file and its encoding.
 * @throws InputError when there is no folder inside, or something cannot be read.
 */
export function readFolder(
  folder: string,
  problems: RowProblems,
  read: (file: string, encoding: Encoding) => void,
): Example[] {
  const classes = entriesOf(folder).filter((entry) => entry.isDirectory());
  if (classes.length === 0) {
    throw new InputError(`${folder}: expected a folder for each class in this folder, found none.`);
  }
  const examples: Example[] = [];
  for (const { name: label } of classes) {
    for (const entry of entriesOf(join(folder, label))) {
      if (!entry.isFile()) continue;
      const file = join(folder, label, entry.name);
      const { text, encoding } = decode(contentOf(file));
      read(file, encoding);
      const reason = reasonAgainst(label, text);
      if (reason === undefined) examples.push({ label, text: text.trim() });
      else problems.found(file, undefined, reason);
    }
  }
  return examples;
}

function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new InputError(`${folder}: cannot be read (${messageOf(error)}).`);
  }
}

function contentOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InputError(`${file}: cannot be read (${messageOf(error)}).`);
  }
}
