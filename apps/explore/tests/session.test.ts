import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memory } from '@tensorflow/tfjs-core';
import { unzipSync } from 'fflate';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { catalogue, GRU, SRU } from '../src/page/catalogue.js';
import type { Reply, RunSettings } from '../src/protocol.js';
import { Session } from '../src/worker/session.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-explore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings: RunSettings = {
  cells: [GRU, SRU],
  ...{ task: 'file', device: 'wasm', units: 12, epochs: 6, learningRate: 0.02, seed: 1 },
};
/** The label is the first word; the words behind it do not matter. */
const file = {
  name: 'notes.csv',
  text: Array.from({ length: 240 }, (_, i) => {
    const [label, word] = i % 2 === 0 ? ['up', 'rising'] : ['down', 'falling'];
    return `${label},${word} ${['water', 'sand', 'air'][i % 3]} number ${i % 7}`;
  }).join('\n'),
};

let replies: Reply[] = [];
let session: Session;
beforeEach(() => {
  replies = [];
  session = new Session((reply) => replies.push(reply));
});
const of = <Kind extends Reply['kind']>(kind: Kind) =>
  replies.filter((reply): reply is Extract<Reply, { kind: Kind }> => reply.kind === kind);

/** The quick tier trains less. */
const isFull = testTier() === 'full';
if (!isFull) console.log("left out unless SLUICE_TESTS is 'full': two tasks, and cells of the catalogue");

describe('a run', () => {
  test('trains cells side by side, the same again, and frees its memory', async () => {
    const results: unknown[] = [];
    let tensors = 0;
    for (const _ of [0, 1]) {
      replies = [];
      await session.handle({ kind: 'train', settings, file });
      expect(of('failed')).toEqual([]);
      const tested = of('tested').map(({ cell, epoch, loss, accuracy }) => [cell, epoch, loss, accuracy]);
      expect(
        of('tested')
          .filter(({ epoch }) => epoch === 6)
          .map(({ accuracy }) => accuracy),
      ).toEqual([1, 1]);
      results.push(tested);
      if (tensors > 0) expect(memory().numTensors).toBe(tensors);
      tensors = memory().numTensors;
    }
    expect(results[1]).toEqual(results[0]);
    expect(of('progress').at(-1)?.progress).toMatchObject({ cell: 1, epoch: 6, batch: 4, batches: 4 });
    expect(of('started')[0].parameters).toHaveLength(2);
    expect(of('finished')).toEqual([{ kind: 'finished', cancelled: false }]);
  });

  test('is cancelled between batches', async () => {
    const running = session.handle({
      kind: 'train',
      settings: { ...settings, task: 'adding', epochs: 1000 },
    });
    await expect.poll(() => of('progress').length, { timeout: 20_000 }).toBeGreaterThan(0);
    await session.handle({ kind: 'cancel' });
    await running;
    expect(of('finished')).toEqual([{ kind: 'finished', cancelled: true }]);
  });

  test.each(isFull ? (['adding', 'copying', 'languages'] as const) : (['adding'] as const))(
    'of the task %s has a falling loss',
    async (task) => {
      const cells = [GRU];
      await session.handle({
        kind: 'train',
        settings: { ...settings, cells, task, epochs: 2, learningRate: 0.005 },
      });
      expect(of('failed')).toEqual([]);
      const [first, second] = of('tested').map(({ loss }) => loss);
      expect(second).toBeLessThan(first);
    },
  );
});

test('a text passes through the cells: gates, gradients and the answer', async () => {
  await session.handle({ kind: 'train', settings, file });
  const tensors = memory().numTensors;
  await session.handle({ kind: 'look', text: 'Falling sand number 3' });
  expect(of('failed')).toEqual([]);
  expect(memory().numTensors).toBe(tensors);
  const [gru, sru] = of('looked')[0].looks;
  expect(gru.steps).toEqual(['falling', 'sand', 'number', '3']);
  expect(gru.values.map(({ name }) => name)).toEqual(['z', 'r', 'h̃', 'h']);
  expect(gru.values[0].rows.flat().every((gate) => gate > 0 && gate < 1)).toBe(true);
  expect(gru.values[0].rows.map((row) => row.length)).toEqual([12, 12, 12, 12]);
  // The gradient of half of the square of the last state with respect to it is the state itself.
  expect(gru.gradients[0].norms[3]).toBeCloseTo(Math.hypot(...(gru.values[3].rows.at(-1) ?? [])), 5);
  expect([gru.answer, sru.answer]).toEqual(['down', 'down']);
  expect(gru.probabilities.map(({ label }) => label)).toEqual(['down', 'up']);
  expect(sru.gradients.map(({ name }) => name)).toEqual(['c']);
});

test('a saved model is opened by the classifier', async () => {
  await session.handle({ kind: 'train', settings, file });
  await session.handle({ kind: 'save', cell: 0 });
  expect(of('failed')).toEqual([]);
  const [{ name, zip }] = of('saved');
  expect(name).toBe('GRU.zip');
  const model = join(folder, 'model');
  mkdirSync(model);
  for (const [path, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(model, path), bytes);
  const classify = fileURLToPath(new URL('../../classify/dist/cli.js', import.meta.url));
  const output = execFileSync(
    process.execPath,
    [classify, 'predict', '--model', model, '--backend', 'cpu', 'rising water'],
    { encoding: 'utf8' },
  );
  expect(output).toMatch(/^up\b/m);
});

describe('mistakes are explained', () => {
  test.each([
    [
      'of equations',
      { cells: [{ name: 'mine', equations: 'h = tanh(W x +' }] },
      file,
      /^mine: Line 1, column \d+: /,
    ],
    [
      'of a file',
      {},
      { name: 'a.csv', text: 'up,rising\nnothing' },
      /^a\.csv, line 2: expected a label, a tab or a comma/,
    ],
    [
      'of a file with one label',
      {},
      { name: 'a.csv', text: 'up,rising\n'.repeat(30) },
      /30 examples with 1 labels; expected/,
    ],
    ['of a missing file', {}, undefined, /^Choose a text file/],
    [
      'of the learning rate',
      { learningRate: 1e30 },
      file,
      /^The loss of (GRU|SRU) became (NaN|-?Infinity).*smaller learning rate, or change the equations/,
    ],
    [
      'of a missing device',
      { device: 'webgpu' },
      file,
      /^WebGPU does not start here: .*Choose another device, such as WebAssembly/,
    ],
  ] as const)('%s', async (_, changed, given, expected) => {
    await session.handle({ kind: 'train', settings: { ...settings, ...changed }, file: given });
    expect(of('failed').map(({ message }) => message)).toEqual([expect.stringMatching(expected)]);
    expect(of('finished')).toEqual([]);
  });

  test('before anything is trained', async () => {
    await session.handle({ kind: 'look', text: 'word' });
    expect(of('failed')[0].message).toBe('Nothing is trained yet; train the cells first.');
  });
});

test('a cell that diverges leaves the others alone', async () => {
  const cells = [{ name: 'wild', equations: 'h_t = 9 h_{t-1} + W x_t' }, GRU];
  await session.handle({ kind: 'train', settings: { ...settings, cells, task: 'adding', epochs: 1 } });
  expect(of('diverged')).toEqual([{ kind: 'diverged', cell: 0, epoch: 1 }]);
  expect(of('tested').map(({ cell }) => cell)).toEqual([1]);
  await session.handle({ kind: 'look', text: '' });
  expect(of('failed')).toEqual([]);
  expect(of('looked')[0].looks.map(({ name, answer }) => [name, answer])).toEqual([
    ['GRU', expect.stringMatching(/^\d\.\d\d \(right: \d\.\d\d\)$/)],
  ]);
});

test.runIf(isFull)('every cell of the catalogue can be trained', async () => {
  expect(catalogue.length).toBeGreaterThan(15);
  const small = { ...settings, units: 32, epochs: 1, learningRate: 0.001 };
  await session.handle({ kind: 'train', settings: { ...small, cells: catalogue }, file });
  expect(of('failed')).toEqual([]);
  expect(of('tested')).toHaveLength(catalogue.length);
});
