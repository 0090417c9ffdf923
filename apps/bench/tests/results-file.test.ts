import { describe, expect, test } from 'vitest';
import { pairsOf, scalingsIn, variedShapes } from '../src/page/comparisons.js';
import { jsonLine, type Run, readCsv, readRun, writeCsv, writeRun } from '../src/report/results-file.js';
import type { Measured, Skipped, TaskReport } from '../src/run/results.js';

const measured: Measured = {
  ...{ workload: 'forward', shape: [64, 50, 128, 128], cell: 'gru', backend: 'wasm-2', threads: 2 },
  ...{
    contender: 'sluice',
    medianMs: 20.25,
    minMs: 18,
    quartilesMs: [19, 21.5],
    runs: 40,
    roundsMs: [20, 21],
  },
  ...{ firstMs: 250, maxError: 2e-7, kernels: 1, flops: 6e8 },
};
const broken: Measured = { ...measured, contender: 'tf.layers', maxError: Number.POSITIVE_INFINITY };
const skipped: Skipped = {
  ...{ workload: 'step', shape: [1, 1, 2, 3], cell: 'sru', backend: 'cpu', threads: 1 },
  ...{ contender: 'onnxruntime-web', skipped: 'no operator, "SRU"' },
};
const { workload, shape, cell } = measured;
const reports: TaskReport[] = [
  { task: { workload, shape, cell }, results: [measured, broken], notes: ['a note'], covers: 'all' },
  {
    task: { workload: 'step', shape: [1, 1, 2, 3], cell: 'sru' },
    results: [skipped],
    notes: [],
    covers: undefined,
  },
];
const run: Run = {
  date: '2026-11-24T12:00:00.000Z',
  machine: {
    ...{ runtime: 'Node 22', system: 'linux x64', processor: 'a processor', memoryGiB: 8, threads: 2 },
    ...{
      sharedMemory: true,
      simd: true,
      relaxedSimd: false,
      webgpu: { missing: 'no' },
      libraries: { a: '1.0.0' },
    },
  },
  ceilings: [
    { backend: 'wasm-2', registerLoop: 100, matrixProduct: 80 },
    { backend: 'cpu', skipped: 'no time' },
  ],
  reports,
};

describe('a file of results', () => {
  test('restores a run', () => {
    expect(readRun(writeRun(run))).toEqual(run);
  });

  test.each([
    ['a speed', { backend: 'wasm-2', registerLoop: null, matrixProduct: 80 }, 1],
    ['the other speed', { backend: 'wasm-2', registerLoop: 100, matrixProduct: null }, 1],
    ['a ceiling', null, 0],
  ])('with null as %s has no number there to show', (_, ceiling, skips) => {
    const text = JSON.stringify({ ...JSON.parse(writeRun(run)), ceilings: [ceiling] });
    const skipped = { backend: 'wasm-2', skipped: 'its speed in the file is not a number' };
    expect(readRun(text).ceilings).toEqual(skips === 0 ? [] : [skipped]);
  });

  test('has the lines of --json as its results', () => {
    const results = JSON.parse(writeRun(run)).results as unknown[];
    expect(results.map((result) => `${JSON.stringify(result)}\n`)).toEqual(
      [measured, broken, skipped].map(jsonLine),
    );
  });

  test('may have only those lines', () => {
    const lines = [measured, broken, skipped].map(jsonLine).join('');
    const bare = reports.map((report) => ({ ...report, notes: [], covers: undefined }));
    expect(readRun(lines)).toEqual({ date: undefined, machine: undefined, ceilings: [], reports: bare });
  });

  test('may be comma-separated values, which have no rounds', () => {
    const csv = writeCsv([measured, broken, skipped]);
    expect(csv.split('\r\n').map((line) => line.split(',').length >= 20)).toEqual(Array(4).fill(true));
    expect(readCsv(csv).length).toBe(3);
    const results = readRun(csv).reports.flatMap((report) => report.results);
    expect(results).toEqual([{ ...measured, roundsMs: [] }, { ...broken, roundsMs: [] }, skipped]);
  });

  test.each(['results', 'tasks', 'ceilings', 'machine'] as const)(
    'without any one field of its %s is refused by name',
    (part) => {
      const optional = ['profile', 'covers', 'processor', 'memoryGiB'];
      for (const key of Object.keys([JSON.parse(writeRun(run))[part]].flat()[0])) {
        const contents = JSON.parse(writeRun(run));
        delete [contents[part]].flat()[0][key];
        const read = () => readRun(JSON.stringify(contents));
        if (optional.includes(key)) expect(read).not.toThrow();
        else
          expect(read, key).toThrow(
            new RegExp(`^The field ${part}(\\[0\\])?(\\.${key} is missing| is wrong)`),
          );
      }
    },
  );

  test('with a wrong value is refused by name', () => {
    const text = (change: object) => {
      const contents = JSON.parse(writeRun(run));
      Object.assign(contents.results[1], change);
      return JSON.stringify(contents);
    };
    expect(() => readRun(text({ medianMs: 'fast' }))).toThrow(
      /^The field results\[1\]\.medianMs is wrong: .*number/,
    );
    expect(() => readRun(text({ contender: 'me' }))).toThrow(
      /^The field results\[1\]\.contender is wrong: .*"sluice"/,
    );
    expect(() => readRun(text({ quartilesMs: [5, 1] }))).toThrow(
      'The field results[1].quartilesMs is wrong: Expected the smaller number first.',
    );
    const undated = JSON.stringify({ ...JSON.parse(writeRun(run)), date: 'yesterday' });
    expect(() => readRun(undated)).toThrow(/^The field date is wrong: .*yesterday/);
    expect(() => readRun(text({ backend: 7 }))).toThrow(/results\[1\]\.backend is wrong: .*string/);
    expect(() => readRun(text({ roundsMs: [1, null] }))).toThrow(
      /^The field results\[1\]\.roundsMs\[1\] is wrong/,
    );
    expect(() => readRun('{"results": [{"workload": "forward"}]}')).toThrow(/results\[0\]\.shape is missing/);
  });

  test.each(['', 'words', '{}', '[1, 2]', '{"results": "none"}'])('is not %j, which is refused', (text) => {
    expect(() => readRun(text)).toThrow(/not a file of results/);
  });
});

describe('two runs', () => {
  test('are compared in their common right results', () => {
    const slower: Run = {
      ...run,
      reports: [
        {
          ...reports[0],
          results: [
            { ...measured, medianMs: 40.5 },
            { ...broken, maxError: 0 },
          ],
        },
      ],
    };
    const pairs = pairsOf(run, slower);
    expect(pairs.map(({ first, ratio }) => [first.contender, ratio])).toEqual([['sluice', 2]]);
    expect(pairsOf(run, { ...run, reports: [] })).toEqual([]);
  });
});

describe('scaling', () => {
  const at = (...sizes: [number, number, number, number]): TaskReport => ({
    ...reports[0],
    results: [{ ...measured, shape: sizes }],
  });

  test('is found in results that differ in one dimension alone, at three sizes or more', () => {
    const varied = [at(64, 25, 128, 128), at(64, 50, 128, 128), at(64, 100, 128, 128), at(1, 50, 128, 128)];
    const scalings = scalingsIn(varied);
    expect(scalings.map(({ dimension, common, results }) => [dimension, common, results.length])).toEqual([
      ['timesteps', 'batch 64, input 128, units 128', 3],
    ]);
    expect(scalingsIn(varied.slice(0, 2))).toEqual([]);
  });

  test('is made of a shape and sizes around its own', () => {
    expect(variedShapes([64, 50, 128, 128], 'units').map((each) => each[3])).toEqual([32, 64, 128, 256]);
    expect(variedShapes([1, 50, 128, 128], 'batch').map((each) => each[0])).toEqual([1, 4, 16, 64]);
    expect(variedShapes([64, 50, 128, 128], 'timesteps').map((each) => each.join())).toContain(
      '64,25,128,128',
    );
  });
});
