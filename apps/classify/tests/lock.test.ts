import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { useBackend } from '../src/backend.js';
import { buildModel } from '../src/model/build.js';
import { defaultSettings } from '../src/model/settings.js';
import { lockFile, lockingFolders } from '../src/storage/folder-lock.js';
import { loadModel } from '../src/storage/load-model.js';
import { writeModel, writeModelDescription } from '../src/storage/model-files.js';
import { command, small } from './command.js';
import { ended, printed, start } from './processes.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

/** Called after each file that is read. */
let afterReading: ((path: string) => void) | undefined;
vi.mock('../src/files/regular-file.js', async (load) => {
  const actual = await load<typeof import('../src/files/regular-file.js')>();
  return {
    ...actual,
    readRegularFile(path: string) {
      const bytes = actual.readRegularFile(path);
      afterReading?.(path);
      return bytes;
    },
  };
});
let unlockable: string | undefined;
vi.mock('fs-native-extensions', async (load) => {
  const actual = await load<typeof import('fs-native-extensions')>();
  return {
    tryLock(fd: number) {
      if (unlockable !== undefined) throw new Error(unlockable);
      return actual.tryLock(fd);
    },
  };
});
afterEach(() => {
  afterReading = undefined;
  unlockable = undefined;
});

beforeAll(() => useBackend('cpu'));

const silent = () => {};

test('of two processes with one folder the second is refused with the name of the first, and a killed process holds no lock', async () => {
  const data = scratchFile('data.txt', toyLines(40));
  const out = scratchFolder();
  const folder = join(out, 'gru');
  const options = [
    'train',
    ...small,
    '--epochs',
    '100000',
    '--validation',
    '0',
    '--data',
    data,
    '--out',
    folder,
    '--json',
  ];
  const children = [start(options), start(options)];
  const ends = children.map(ended);
  const loser = await Promise.race(ends.map((end, index) => end.then(() => index)));
  const winner = children[1 - loser];
  const refused = await ends[loser];
  expect(refused.status).toBe(1);
  expect(refused.error).toBe(
    `error: ${folder}: process ${winner.pid} on ${hostname()}, started at ` +
      `${JSON.parse(readFileSync(join(folder, lockFile), 'utf8')).started}, trains in this folder. ` +
      'Wait until it ends, or choose another folder.\n',
  );
  await printed(winner, 1);
  for (const args of [
    ['train', '--data', data, '--out', folder],
    ['train', '--out', folder, '--resume'],
    ['compare', '--cells', 'sru,gru', '--data', data, '--out', out],
    ['compare', '--cells', 'gru', '--out', out, '--resume'],
  ]) {
    const { status, error } = await command(args);
    expect(status).toBe(1);
    expect(error).toContain(`error: ${folder}: process ${winner.pid} on`);
  }
  // A model can be read while any epoch is being written.
  const epochs = new Set<number>();
  while (epochs.size < 5) epochs.add((await loadModel(folder)).epoch);
  winner.kill('SIGKILL');
  await ends[1 - loser];
  expect(existsSync(join(folder, lockFile))).toBe(true);
  const abandoned = `model.json.${winner.pid}-0123abcd.partial`;
  writeFileSync(join(folder, abandoned), '{');
  const done = JSON.parse(winner.lines.at(-1) ?? '').epoch;
  // One epoch more than was written, or the one that was being written.
  const resumed = await command([
    'train',
    '--out',
    folder,
    '--resume',
    '--epochs',
    String(done + 2),
    '--json',
  ]);
  expect(resumed).toMatchObject({ status: 0, error: '' });
  expect(
    readdirSync(folder)
      .filter((file) => !file.startsWith('weights'))
      .sort(),
  ).toEqual([...['checkpoint.bin', 'model.json', 'settings.json', 'vocabulary.json']]);
});

describe('the lock of a folder', () => {
  test('has one owner at a time and ends with the work, also when it fails', async () => {
    const folder = join(scratchFolder(), 'new');
    await lockingFolders([folder], silent, async () => {
      await expect(lockingFolders([folder], silent, async () => {})).rejects.toThrow(
        `${folder}: process ${process.pid} on`,
      );
    });
    expect(readdirSync(folder)).toEqual([]);
    await expect(lockingFolders([folder], silent, () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    expect(await lockingFolders([folder], silent, async () => 'again')).toBe('again');
  });

  test('of several folders is released when one of them is locked already', async () => {
    const [first, second] = [scratchFolder(), scratchFolder()];
    await lockingFolders([second], silent, async () => {
      await expect(lockingFolders([first, second], silent, async () => {})).rejects.toThrow(second);
      await lockingFolders([first], silent, async () => {});
    });
  });

  test('an old lock file without an owner does not disturb', async () => {
    const folder = scratchFolder();
    for (const left of ['', '{"pid":1,"host":"elsewhere","started":"long ago"}', '\0']) {
      writeFileSync(join(folder, lockFile), left);
      await lockingFolders([folder], silent, async () => {
        expect(JSON.parse(readFileSync(join(folder, lockFile), 'utf8')).pid).toBe(process.pid);
      });
    }
  });

  test('without locks in the file system a notice says so and the work runs', async () => {
    unlockable = 'ENOLCK: no locks available';
    const notices: string[] = [];
    const folder = scratchFolder();
    const notice = (message: string) => notices.push(message);
    expect(await lockingFolders([folder], notice, async () => 'done')).toBe('done');
    expect(notices).toEqual([
      `${folder}: cannot be locked here (ENOLCK: no locks available). Let no second process train in it.`,
    ]);
  });
});

test('--resume creates no folder when there is nothing to resume', async () => {
  const folder = join(scratchFolder(), 'typo');
  expect((await command(['train', '--out', folder, '--resume'])).error).toMatch(/no checkpoint here/);
  const compare = ['compare', '--cells', 'gru', '--out', folder, '--resume'];
  expect((await command(compare)).error).toMatch(/no comparison to resume/);
  expect(existsSync(folder)).toBe(false);
});

test('a model that is replaced during reading is read again', async () => {
  const settings = { ...defaultSettings, units: 3, embedding: 2, layers: 1, length: 4 };
  const description = { settings, classes: ['no', 'yes'], tokens: ['good'] };
  const [folder, newer] = [scratchFolder(), scratchFolder()];
  for (const [place, seed] of [
    [folder, 1],
    [newer, 2],
  ] as const) {
    writeModelDescription(place, description);
    await writeModel(place, buildModel({ ...settings, seed }, 3, 2), seed);
  }
  const old = readdirSync(folder).filter((file) => file.startsWith('weights'));
  afterReading = (path) => {
    if (!path.endsWith('model.json')) return;
    afterReading = undefined;
    for (const file of readdirSync(newer)) renameSync(join(newer, file), join(folder, file));
    for (const file of old) renameSync(join(folder, file), join(newer, file));
  };
  expect((await loadModel(folder)).epoch).toBe(2);
});
