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
import { InputError, messageOf } from '../failure.js';
import { isPartialFile } from './atomic-file.js';

/** The file in a folder that is locked, and says by whom. */
export const lockFile = 'lock';

/**
 * Runs `work` while no other process writes into the folders, which are made where they do not exist. The operating
 * system holds the locks: they end with their process however it dies, so none is ever stale.
 *
 * @param notice told when a folder cannot be locked; the work is done all the same.
 * @throws InputError naming the process that works in one of the folders.
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

/** @returns what ends the lock. */
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
        `${folder}: ${ownerIn(path)} trains in this folder. Wait until it ends, or choose another folder.`,
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
    // The owner before removed the file between our opening and locking it.
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

/** @param unable told why, where there are no locks: on this platform, or on this file system. */
async function tryLocking(file: number, unable: (reason: string) => void): Promise<boolean> {
  try {
    const { tryLock } = await import('fs-native-extensions');
    return tryLock(file);
  } catch (error) {
    unable(messageOf(error).split('\n')[0]);
    return true;
  }
}

/** Whether the open file is the one at the path still. */
function isAt(file: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === fstatSync(file).ino;
}

/** A process as its lock names it. */
interface Owner {
  pid: number;
  host: string;
  started: string;
}

function thisProcess(): Owner {
  const started = new Date(Date.now() - process.uptime() * 1000).toISOString();
  return { pid: process.pid, host: hostname(), started };
}

function ownerIn(path: string): string {
  try {
    const owner: Owner = JSON.parse(readFileSync(path, 'utf8'));
    return `process ${owner.pid} on ${owner.host}, started at ${owner.started},`;
  } catch {
    // The owner has not written it yet, or the system lets nobody read a locked file.
    return 'another process';
  }
}

/** What processes that were killed while writing left behind. */
function removePartialFiles(folder: string): void {
  for (const name of readdirSync(folder))
    if (isPartialFile(name)) rmSync(join(folder, name), { force: true });
}
