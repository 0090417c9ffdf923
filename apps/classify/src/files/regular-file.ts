import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import { InputError, messageOf } from '../failure.js';

/** The kind of a path, links followed: a file, a folder, or another kind by its name. */
export type PathKind = 'file' | 'folder' | Special;

/** Kinds that are neither file nor folder, in the words of a message. */
type Special = 'a FIFO' | 'a socket' | 'a character device' | 'a block device' | 'a link that leads nowhere';

/**
 * @throws InputError when the path has no kind: for example, it does not exist.
 */
export function kindOf(path: string): PathKind {
  try {
    return kindOfStats(statSync(path));
  } catch (error) {
    if (isLink(path)) return 'a link that leads nowhere';
    throw cannotBeRead(path, error);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function kindOfStats(stats: Stats): PathKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return stats.isBlockDevice() ? 'a block device' : 'a character device';
}

/**
 * The content of a regular file. Other kinds are refused before they are opened: a FIFO would wait for a writer, a
 * device might never end.
 *
 * @throws InputError when the path does not exist, is no regular file, or cannot be read.
 */
export function readRegularFile(path: string): Buffer {
  const kind = kindOf(path);
  if (kind !== 'file') throw notRegular(path, kind === 'folder' ? 'a folder' : kind);
  try {
    return readFileSync(path);
  } catch (error) {
    throw cannotBeRead(path, error);
  }
}

/** @param what such as "a FIFO". */
export function notRegular(path: string, what: string): InputError {
  return new InputError(`${path}: not a regular file (it is ${what}). Give the path of a file.`);
}

/** @param error of the operating system. */
export function cannotBeRead(path: string, error: unknown): InputError {
  return new InputError(`${path}: cannot be read (${messageOf(error)}).`);
}
