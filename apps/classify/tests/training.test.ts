import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { defaultSettings, type Settings } from '../src/model/settings.js';
import { bytesOf, type NamedArray } from '../src/storage/checkpoint-file.js';
import { loadModel } from '../src/storage/load-model.js';
import { type Checkpoint, type DataOptions, readCheckpoint } from '../src/training/checkpoint.js';
import { evaluate } from '../src/training/evaluate.js';
import { bestOf, type EpochRecord } from '../src/training/history.js';
import { planRun } from '../src/training/plan-run.js';
import { prepareData } from '../src/training/prepare.js';
import { type RunResult, runTraining, type TrainingObserver } from '../src/training/run.js';
import { neverStops } from '../src/training/stop.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

const quiet: TrainingObserver = { begin() {}, batch() {}, epoch() {} };

const settings: Settings = {
  ...defaultSettings,
  layers: 2,
  units: 5,
  embedding: 4,
  length: 8,
  epochs: 4,
  batch: 8,
  learningRate: 0.02,
  clipNorm: 1,
  dropout: 0.3,
  bidirectional: true,
  validation: 0.2,
};

const options: DataOptions = {
  data: null,
  test: null,
  columns: { label: 'label', text: 'text' },
  skipBad: false,
};

function dataOf(lines = toyLines(60)): DataOptions {
  return { ...options, data: scratchFile('data.txt', lines) };
}

/** Trains, optionally only until a batch of an epoch begins. */
function train(
  changes: Partial<Settings>,
  data: DataOptions,
  folder: string | null,
  stopAt?: [number, number],
) {
  const all = { ...settings, ...changes };
  const stop = { requested: false };
  const observer: TrainingObserver = {
    ...quiet,
    batch({ epoch, batch }) {
      if (stopAt !== undefined && epoch === stopAt[0] && batch === stopAt[1]) stop.requested = true;
    },
  };
  return runTraining({ settings: all, data: prepareData(data, all, () => {}), folder, stop, observer });
}

function resume(folder: string, given: Partial<Settings> = {}): Promise<RunResult> {
  const plan = planRun({ settings: given, data: {}, folder, resume: true }, (name) => name);
  const data = prepareData(plan.data, plan.settings, () => {});
  return runTraining({ ...plan, data, folder, stop: neverStops, observer: quiet });
}

const bits = (arrays: NamedArray[]) =>
  arrays.map(({ values }) => Buffer.from(bytesOf(values)).toString('hex'));
const untimed = (history: EpochRecord[]) =>
  history.map(({ seconds: _, examplesPerSecond: __, ...record }) => record);

beforeAll(() => useBackend('cpu'));

describe('a training run', () => {
  test('learns a simple task, and the same seed gives the same numbers', async () => {
    const data = dataOf();
    const changes = { dropout: 0.1, epochs: 8 };
    const [first, second] = [await train(changes, data, null), await train(changes, data, null)];
    expect(untimed(first.history)).toEqual(untimed(second.history));
    expect(first.history[7].loss).toBeLessThan(first.history[0].loss / 2);
    expect(first.best?.validationAccuracy).toBe(1);
  });

  test('another seed gives other numbers', async () => {
    const data = dataOf();
    const losses = [];
    for (const seed of [1, 2]) losses.push((await train({ seed, epochs: 1 }, data, null)).history[0].loss);
    expect(losses[0]).not.toBe(losses[1]);
  });

  test('dropout drops other activations in every batch and every epoch', async () => {
    // With a learning rate that changes nothing in float32 and one batch an epoch, only dropout makes losses differ.
    const changes = { learningRate: 1e-30, batch: 64, epochs: 3, bidirectional: false };
    const losses = (await train({ ...changes, dropout: 0.5 }, dataOf(), null)).history.map(
      ({ loss }) => loss,
    );
    expect(new Set(losses).size).toBe(3);
    const same = (await train({ ...changes, dropout: 0 }, dataOf(), null)).history.map(({ loss }) => loss);
    expect(new Set(same).size).toBe(1);
  });

  test.each(['gru', 'sru', 'lstm', 'simple-rnn', 'min-gru', 'ind-rnn', 'li-gru'])(
    'trains %s on three classes',
    async (cell) => {
      const lines = toyLines(60) + 'odd neither here nor there\n'.repeat(20);
      const result = await train({ cell, bidirectional: false, dropout: 0, epochs: 2 }, dataOf(lines), null);
      expect(result.history[1].loss).toBeLessThan(result.history[0].loss);
      expect(result.model.outputs[0].shape).toEqual([null, 3]);
    },
  );

  test('leaves no tensors behind from epoch to epoch', async () => {
    const counts: { tensors: number; bytes: number }[] = [];
    const observer: TrainingObserver = {
      ...quiet,
      epoch() {
        const { numTensors, numBytes } = memory();
        counts.push({ tensors: numTensors, bytes: numBytes });
      },
    };
    const all = { ...settings, epochs: 5 };
    const data = prepareData(dataOf(), all, () => {});
    await runTraining({ settings: all, data, folder: scratchFolder(), stop: neverStops, observer });
    expect(counts[4]).toEqual(counts[1]);
  });

  test('a diverging loss is an error with advice', async () => {
    const promise = train(
      { cell: 'ind-rnn', learningRate: 1e30, clipNorm: null, dropout: 0 },
      dataOf(),
      null,
    );
    await expect(promise).rejects.toThrow(/diverged.*smaller --learning-rate.*--clip-norm 1/);
  });
});

test('the embedded data have no columns to name', () => {
  const notices: string[] = [];
  const columns = { label: 'kind', text: 'text' };
  const data: DataOptions = { data: null, test: null, columns, skipBad: false };
  prepareData(data, settings, (message) => notices.push(message));
  expect(notices).toEqual(['the embedded data: has no columns, so --label-column is of no use here.']);
});

describe('a resumed run', () => {
  /** Of the run that the stopped ones are compared with. */
  let expected: { history: ReturnType<typeof untimed>; checkpoint: Checkpoint };
  beforeAll(async () => {
    const whole = mkdtempSync(join(tmpdir(), 'sluice-classify-'));
    const data = join(whole, 'data.txt');
    writeFileSync(data, toyLines(60));
    const { history } = await train({}, { ...options, data }, whole);
    expected = { history: untimed(history), checkpoint: readCheckpoint(whole) };
    rmSync(whole, { recursive: true });
  });

  test.each<[string, [number, number]]>([
    ['the first batch', [1, 1]],
    ['the middle of the first epoch', [1, 3]],
    ['the middle of a later epoch', [3, 2]],
    ['the last batch of an epoch', [2, 6]],
  ])('stopped after %s ends with the same bits as one that was not', async (_, stopAt) => {
    const data = dataOf();
    const parts = scratchFolder();
    const stopped = await train({}, data, parts, stopAt);
    expect(stopped.finished).toBe(stopAt[1] === 6 && stopAt[0] === 4);
    const result = await resume(parts);
    expect(untimed(result.history)).toEqual(expected.history);
    const [a, b] = [expected.checkpoint, readCheckpoint(parts)];
    expect(bits(b.weights)).toEqual(bits(a.weights));
    expect(bits(b.optimizer)).toEqual(bits(a.optimizer));
    expect(bits(b.bestWeights ?? [])).toEqual(bits(a.bestWeights ?? []));
  });

  test('with more epochs than at first gives the same bits as one run of that length', async () => {
    const data = dataOf();
    const [whole, parts] = [scratchFolder(), scratchFolder()];
    await train({ epochs: 3 }, data, whole);
    await train({ epochs: 1 }, data, parts);
    await resume(parts, { epochs: 3 });
    expect(bits(readCheckpoint(parts).weights)).toEqual(bits(readCheckpoint(whole).weights));
  });

  test('of a finished run trains nothing and still has its best model', async () => {
    const folder = scratchFolder();
    const first = await train({}, dataOf(), folder);
    const again = await resume(folder);
    expect(again.history).toEqual(first.history);
    const weights = (result: RunResult) => result.model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(weights(again)).toEqual(weights(first));
  });

  test('the folder holds the model of the best epoch', async () => {
    const folder = scratchFolder();
    const data = dataOf();
    const result = await train({ learningRate: 0.3, epochs: 5 }, data, folder);
    const saved = await loadModel(folder);
    expect(saved.epoch).toBe(bestOf(result.history)?.epoch);
    const validation = prepareData(data, settings, () => {}).validation;
    if (validation === undefined) throw new Error('the toy data have a validation part');
    expect((await evaluate(saved.model, validation)).accuracy).toBe(result.best?.validationAccuracy);
  });

  test('options that contradict the checkpoint, and fewer epochs, are errors', async () => {
    const folder = scratchFolder();
    await train({ epochs: 2 }, dataOf(), folder);
    const plan = (given: Partial<Settings>) => () =>
      planRun({ settings: given, data: {}, folder, resume: true }, (name) => `--${name}`);
    expect(plan({ units: 6 })).toThrow(`--units 6 contradicts the checkpoint in ${folder}, which has 5.`);
    expect(plan({ epochs: 1 })).toThrow('has finished 2 epochs already');
    expect(plan({ units: 5, epochs: 9 })().settings.epochs).toBe(9);
  });
});

describe('the best epoch', () => {
  const record = (epoch: number, validationAccuracy: number | null, validationLoss: number | null) => ({
    ...{ epoch, loss: 1, accuracy: 0.5, seconds: 1, examplesPerSecond: 1 },
    validationAccuracy,
    validationLoss,
  });

  test('has the highest accuracy, then the lowest loss, then comes first', () => {
    expect(bestOf([record(1, 0.5, 1), record(2, 0.7, 2), record(3, 0.6, 0.1)])?.epoch).toBe(2);
    expect(bestOf([record(1, 0.7, 1), record(2, 0.7, 0.9), record(3, 0.7, 0.9)])?.epoch).toBe(2);
  });

  test('is the last one without validation', () => {
    expect(bestOf([record(1, null, null), record(2, null, null)])?.epoch).toBe(2);
    expect(bestOf([])).toBeUndefined();
  });
});
