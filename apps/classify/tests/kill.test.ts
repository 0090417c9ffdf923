import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { bytesOf, type NamedArray } from '../src/storage/checkpoint-file.js';
import { loadModel } from '../src/storage/load-model.js';
import { readCheckpoint } from '../src/training/checkpoint.js';
import { command, small } from './command.js';
import { ended, printed, program, start } from './processes.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

const linesIn = (output: string) => output.split('\n').slice(0, -1);
const bits = (arrays: NamedArray[] = []) =>
  arrays.map(({ values }) => Buffer.from(bytesOf(values)).toString('base64'));

beforeAll(() => useBackend('cpu'));

const epochs = 8;
const options = (data: string, folder: string) => [
  ...[
    'train',
    ...small,
    '--epochs',
    String(epochs),
    '--dropout',
    '0.2',
    '--json',
    '--data',
    data,
    '--out',
    folder,
  ],
];

async function uninterrupted(data: string) {
  const folder = scratchFolder();
  const { status, output } = await command(options(data, folder));
  expect(status).toBe(0);
  return { checkpoint: readCheckpoint(folder), lines: linesIn(output), saved: await loadModel(folder) };
}

const untimed = (line: string) => ({ ...JSON.parse(line), seconds: 0, examplesPerSecond: 0 });

test('a run that is killed several times and resumed ends with the same bits', async () => {
  const data = scratchFile('data.txt', toyLines(240));
  const expected = await uninterrupted(data);
  const folder = scratchFolder();
  const lines: string[] = [];
  // Milliseconds after the first epoch of each process: into the next epoch, its end, the writing of its files.
  for (const delay of [0, 15, 60, 140]) {
    const child = start([
      ...options(data, folder),
      ...(existsSync(join(folder, 'checkpoint.bin')) ? ['--resume'] : []),
    ]);
    const end = ended(child);
    await printed(child, 1);
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    await end;
    const { history } = readCheckpoint(folder);
    expect(history.length).toBeGreaterThan(0);
    await loadModel(folder);
    lines.length = 0;
    lines.push(...history.map((record) => JSON.stringify(record)));
    if (history.length === epochs) break;
  }
  const last = await command([...options(data, folder), '--resume']);
  expect(last.status).toBe(0);
  const checkpoint = readCheckpoint(folder);
  expect(bits(checkpoint.weights)).toEqual(bits(expected.checkpoint.weights));
  expect(bits(checkpoint.optimizer)).toEqual(bits(expected.checkpoint.optimizer));
  const epochLines = [...lines, ...linesIn(last.output).slice(0, -1)];
  expect(epochLines.map(untimed)).toEqual(expected.lines.slice(0, -1).map(untimed));
  const saved = await loadModel(folder);
  expect(saved.epoch).toBe(expected.saved.epoch);
  const weights = ({ model }: typeof saved) => model.getWeights().map((weight) => [...weight.dataSync()]);
  expect(weights(saved)).toEqual(weights(expected.saved));
});

test('Ctrl-C stops after the batch, says how to resume, and resuming works', async () => {
  const data = scratchFile('data.txt', toyLines(240));
  const folder = scratchFolder();
  const child = start(options(data, folder));
  const end = ended(child);
  await printed(child, 2);
  child.kill('SIGINT');
  const { status, error } = await end;
  const { history } = readCheckpoint(folder);
  expect(history.length).toBeLessThan(epochs);
  expect(status).toBe(130);
  expect(error).toBe(
    'stopping after this batch; press Ctrl-C again to stop at once\n' +
      `stopped; ${history.length} of ${epochs} epochs are finished. Resume with: sluice-classify train --out ${folder} --resume\n`,
  );
  expect(child.lines.length).toBe(history.length);
  const resumed = await command(['train', '--out', folder, '--resume', '--json']);
  expect(resumed.status).toBe(0);
  expect(linesIn(resumed.output).length).toBe(epochs - history.length + 1);
});

// Windows does not delete a process's working directory.
test.skipIf(process.platform === 'win32')('a deleted working directory is told in one line', async () => {
  const script = 'rmdir "$PWD" && exec "$0" "$@"';
  const words = [process.execPath, program, 'train', '--out', 'model'];
  const child = spawn('sh', ['-c', script, ...words], { cwd: scratchFolder() });
  expect(await ended(child)).toEqual({
    status: 1,
    error: 'error: the working directory has been deleted. Change to one that exists and start again.\n',
  });
});

test('a reader that closes the pipe early ends the command without an error', async () => {
  const data = scratchFile('data.txt', toyLines(60));
  const child = start(['train', ...small, '--data', data]);
  child.stdout?.destroy();
  const { status, error } = await ended(child);
  expect({ status, error }).toEqual({ status: 0, error: '' });
});
