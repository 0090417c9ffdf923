import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { UsageError } from './terminal.js';

/**
 * Writes files into a folder, each in one step. The first is written last: it never names files that are not there.
 *
 * @param files their contents, by path.
 * @param force whether files that exist are replaced.
 * @throws UsageError when a file exists, or cannot be written.
 */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | string>,
  force: boolean,
): Promise<void> {
  const existing = [...files.keys()].filter((path) => existsSync(path));
  const taken = existing.filter((path) => statSync(path).isDirectory());
  if (taken.length > 0) {
    throw new UsageError(`${taken.join(', ')}: this is a folder. Give the path of a file.`);
  }
  if (existing.length > 0 && !force) {
    throw new UsageError(`${existing.join(', ')}: exists already. Add --force to replace it.`);
  }
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`${folder}: this folder cannot be made (${error.message}).`);
  });
  for (const [path, contents] of [...files].reverse()) await replaceFile(path, contents);
}

/** Writes a file in one step. @throws UsageError when it cannot be written. */
async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await writeFile(partial, contents);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw new UsageError(`${path}: cannot be written (${(error as Error).message}).`);
  }
}
