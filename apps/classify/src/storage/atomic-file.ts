import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError, messageOf } from '../failure.js';

/**
 * Replaces a file in one step: after a crash or a power cut the path holds the whole old or the whole new content. The new
 * content is written to a temporary file, flushed to the disk and renamed, and the folder is flushed.
 *
 * The name of the temporary file is unique, so that two processes never write into one file.
 *
 * @throws InputError when it cannot be written, for example on a full disk; the old content is still there.
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

/** Whether a name is that of a temporary file of `writeFileAtomically`. */
export function isPartialFile(name: string): boolean {
  return /\.\d+-[0-9a-f]{8}\.partial$/.test(name);
}

/** Writes all bytes: a single call may write only a part of a large buffer. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written);
  }
}

function flushFolder(folder: string): void {
  // Windows cannot open a folder; there the rename is durable by itself.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The SHA-256 of the parts one after the other, in hexadecimal digits. */
export function checksum(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
