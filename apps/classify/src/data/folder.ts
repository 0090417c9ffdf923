import { readdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { InputError } from '../failure.js';
import { cannotBeRead, kindOf, readRegularFile } from '../files/regular-file.js';
import { formatQuantity } from '../terminal/numbers.js';
import { decode, malformed, remarkOn } from './encoding.js';
import { checkedExample, type Example, type RowProblems } from './example.js';
import { lineAt } from './line-formats.js';

/** Callbacks for the events of reading a folder. */
export interface FolderListener {
  problems: RowProblems;
  /** Called for a file that was not read as plain UTF-8. */
  remark(file: string, remark: string): void;
  notice(message: string): void;
}

/**
 * Reads a folder per class: each folder in `folder` is a class, each file in it or in folders below one example.
 * Links are followed. Names are in code-unit order, so that every file system gives the same data. A notice lists what
 * is left out: files beside the classes, names that begin with a dot, classes without files, links back to a folder that
 * has been read.
 *
 * @throws InputError when there is no folder inside, or something cannot be read.
 */
export function readFolder(folder: string, listener: FolderListener): Example[] {
  const leftOut = new LeftOut(folder);
  const examples: Example[] = [];
  const top = truePath(folder);
  let classes = 0;
  for (const path of pathsIn(folder, leftOut)) {
    const kind = kindOf(path);
    if (kind === 'file') leftOut.add('besideClasses', path);
    else if (kind !== 'folder') listener.problems.found(path, undefined, notRegular(kind));
    else {
      classes++;
      const files = filesBelow(path, leftOut, new Set([top]));
      if (files.length === 0) leftOut.add('emptyClass', path);
      for (const file of files) examples.push(...exampleIn(file, relative(folder, path), listener));
    }
  }
  if (classes === 0) {
    throw new InputError(`${folder}: expected a folder for each class in this folder, found none.`);
  }
  leftOut.report(listener.notice);
  return examples;
}

/** The one example of a file, or none where it has a problem. */
function exampleIn(file: string, label: string, { problems, remark }: FolderListener): Example[] {
  const kind = kindOf(file);
  if (kind !== 'file') {
    problems.found(file, undefined, notRegular(kind));
    return [];
  }
  const bytes = readRegularFile(file);
  const { text, encoding } = decode(bytes);
  const told = remarkOn(bytes, encoding);
  if (told !== undefined) remark(file, told);
  const example = checkedExample(label, text);
  if (typeof example !== 'string') return [example];
  problems.found(file, lineAt(text, malformed), example);
  return [];
}

function notRegular(kind: string): string {
  return `not a regular file (it is ${kind})`;
}

/**
 * The paths of everything but folders in a folder and below.
 *
 * @param seen the true paths of the folders that have been read.
 */
function filesBelow(folder: string, leftOut: LeftOut, seen: Set<string>): string[] {
  const real = truePath(folder);
  if (seen.has(real)) {
    leftOut.add('readBefore', folder);
    return [];
  }
  seen.add(real);
  return pathsIn(folder, leftOut).flatMap((path) =>
    kindOf(path) === 'folder' ? filesBelow(path, leftOut, seen) : [path],
  );
}

/** The paths in a folder but those with a dot in front. */
function pathsIn(folder: string, leftOut: LeftOut): string[] {
  const paths: string[] = [];
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (name.startsWith('.')) leftOut.add('hidden', path);
    else paths.push(path);
  }
  return paths;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    throw cannotBeRead(folder, error);
  }
}

/** A folder's path without links. */
function truePath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw cannotBeRead(folder, error);
  }
}

/** The reasons to leave out a path in a folder of classes, in the singular and in the plural. */
const kinds = {
  besideClasses: ['file beside the folders of classes', 'files beside the folders of classes'],
  hidden: ['name that begins with a dot', 'names that begin with a dot'],
  emptyClass: ['class without files', 'classes without files'],
  readBefore: ['link to a folder that has been read', 'links to folders that have been read'],
} as const;

/** Counts the paths that are left out of a folder, for one notice. */
export class LeftOut {
  private readonly found = new Map<keyof typeof kinds, { count: number; first: string }>();

  constructor(private readonly folder: string) {}

  add(kind: keyof typeof kinds, path: string): void {
    const { count, first } = this.found.get(kind) ?? { count: 0, first: relative(this.folder, path) };
    this.found.set(kind, { count: count + 1, first });
  }

  /** Gives one notice with the count and the first path of each kind. */
  report(notice: (message: string) => void): void {
    if (this.found.size === 0) return;
    const parts = [...this.found].map(([kind, { count, first }]) => {
      const [one, several] = kinds[kind];
      return `${formatQuantity(count, one, several)} (${first}${count > 1 ? ', …' : ''})`;
    });
    notice(`${this.folder}: left out: ${parts.join('; ')}.`);
  }
}
