import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError, messageOf } from '../failure.js';

/**
 * Writes a file so that at any moment, a crash or a power cut included, the path holds either the old content
 * or the new one whole: written beside it, flushed to the disk, renamed over it, and the folder flushed too.
 *
 * The name beside it is this call's own, so that two processes never write into one file.
 *
 * @throws InputError when it cannot be written, for a full disk say; the old content is still there.
 */
export function writeFileAtomically(path: string, parts: readonly (string | Uint8Array)[]): void {
  const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.partial`;
  try {
    const file = openSync(partial, 'wx');
    try {
      for (const part of parts) writeWhole(file, typeof part === 'string' ? Buffer.from(part) : part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
    flushFolder(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw new InputError(`${path}: cannot be written (${messageOf(error)}).`);
  }
}

/** Whether a file's name is one that `writeFileAtomically` writes under. */
export function isPartialFile(name: string): boolean {
  return /\.\d+-[0-9a-f]{8}\.partial$/.test(name);
}

/** One write may take only a part of a large buffer. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written);
  }
}

function flushFolder(folder: string): void {
  // Windows cannot open a folder; there the rename itself is durable enough.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
