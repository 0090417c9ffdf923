import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { InputError, messageOf } from '../failure.js';
import { isPartialFile } from './atomic-file.js';

/** The locked file in a folder, which names the owner of the lock. */
export const lockFile = 'lock';

/**
 * Runs `work` with locks on the folders, which are created if needed. The operating system holds the locks, so they end
 * with their process, also after a crash, and are never stale.
 *
 * @param notice called when a folder cannot be locked; the work still runs.
 * @throws InputError with the process that has locked one of the folders.
 */
export async function lockingFolders<Result>(
  folders: readonly string[],
  notice: (message: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const releases: (() => void)[] = [];
  try {
    for (const folder of folders) releases.push(await lockFolder(folder, notice));
    return await work();
  } finally {
    for (const release of releases) release();
  }
}

/** @returns a function that releases the lock. */
async function lockFolder(folder: string, notice: (message: string) => void): Promise<() => void> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`${folder}: cannot be made (${messageOf(error)}).`);
  }
  const path = join(folder, lockFile);
  for (;;) {
    const file = openLock(path);
    const granted = await tryLocking(file, (reason) =>
      notice(`${folder}: cannot be locked here (${reason}). Let no second process train in it.`),
    );
    if (!granted) {
      closeSync(file);
      throw new InputError(
        `${folder}: ${await ownerIn(path)} trains in this folder. Wait until it ends, or choose another folder.`,
      );
    }
    if (isAt(file, path)) {
      ftruncateSync(file);
      writeSync(file, JSON.stringify(thisProcess()));
      removePartialFiles(folder);
      return () => {
        rmSync(path, { force: true });
        closeSync(file);
      };
    }
    // The previous owner has removed the file after we opened it and before we locked it.
    closeSync(file);
  }
}

function openLock(path: string): number {
  try {
    return openSync(path, 'a+');
  } catch (error) {
    throw new InputError(`${path}: cannot be written (${messageOf(error)}).`);
  }
}

/** @param unable called with the reason when this platform or file system has no locks. */
async function tryLocking(file: number, unable: (reason: string) => void): Promise<boolean> {
  try {
    const { tryLock } = await import('fs-native-extensions');
    return tryLock(file);
  } catch (error) {
    unable(messageOf(error).split('\n')[0]);
    return true;
  }
}

/** Whether the open file is still the file at the path. */
function isAt(file: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === fstatSync(file).ino;
}

/** The owner of a lock. */
interface Owner {
  pid: number;
  host: string;
  started: string;
}

function thisProcess(): Owner {
  const started = new Date(Date.now() - process.uptime() * 1000).toISOString();
  return { pid: process.pid, host: hostname(), started };
}

/** Reads of the lock file, 50 ms apart: its owner may not have written its name yet. */
const READS = 20;

async function ownerIn(path: string): Promise<string> {
  for (let read = 0; read < READS; read++) {
    try {
      const owner: Owner = JSON.parse(readFileSync(path, 'utf8'));
      return `process ${owner.pid} on ${owner.host}, started at ${owner.started},`;
    } catch {
      await setTimeout(50);
    }
  }
  // Some systems do not let others read a locked file.
  return 'another process';
}

/** Removes the temporary files of processes that were killed while they wrote. */
function removePartialFiles(folder: string): void {
  for (const name of readdirSync(folder))
    if (isPartialFile(name)) rmSync(join(folder, name), { force: true });
}
