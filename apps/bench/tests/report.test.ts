import { describe, expect, test } from 'vitest';
import { jsonLine } from '../src/report/results-file.js';
import { cellRatioTables, kernelTable, taskTable } from '../src/report/tables.js';
import type { Measured, Profile, Skipped, TaskReport } from '../src/run/results.js';
import type { Task } from '../src/workloads/workload.js';

const task: Task = { workload: 'forward', shape: [64, 50, 128, 128], cell: 'gru' };
const figures = {
  medianMs: 20,
  minMs: 18,
  quartilesMs: [19, 21] as const,
  runs: 40,
  roundsMs: [20, 19.5],
  firstMs: 250,
  maxError: 2e-7,
  kernels: 1,
  flops: 3e9,
};
const sluice: Measured = { ...task, backend: 'cpu', threads: 1, contender: 'sluice', ...figures };
const peer: Measured = {
  ...sluice,
  contender: 'tf.layers',
  medianMs: 150.4,
  minMs: 120,
  quartilesMs: [148, 153],
  maxError: 3e-7,
  kernels: 1404,
};
const runtime: Measured = {
  ...sluice,
  backend: 'wasm',
  contender: 'onnxruntime-web',
  medianMs: 10,
  minMs: 9,
  quartilesMs: [9.5, 10.5],
};
const skipped: Skipped = { ...task, backend: 'wasm', threads: 1, contender: 'sluice', skipped: 'no memory' };

/** The columns of the line that begins with these words. */
function columns(table: string, start: string): string[] {
  const line = table.split('\n').find((text) => text.trim().startsWith(start)) ?? '';
  return line.trim().split(/ {2,}/);
}

describe('JSON', () => {
  test('is one line with exactly these fields', () => {
    const line = jsonLine(sluice);
    expect(line.endsWith('\n')).toBe(true);
    expect(line.trim()).toBe(
      '{"workload":"forward","shape":[64,50,128,128],"cell":"gru","backend":"cpu","threads":1,"contender":"sluice",' +
        '"medianMs":20,"minMs":18,"quartilesMs":[19,21],"runs":40,"roundsMs":[20,19.5],"firstMs":250,"maxError":2e-7,"kernels":1,"flops":3000000000}',
    );
  });

  test('has the reason instead of figures', () => {
    expect(JSON.parse(jsonLine(skipped))).toEqual(skipped);
    expect(Object.keys(JSON.parse(jsonLine(skipped))).at(-1)).toBe('skipped');
  });

  test('has six significant digits', () => {
    const raw = 0.036423999999897;
    const { medianMs, roundsMs } = JSON.parse(jsonLine({ ...sluice, medianMs: raw, roundsMs: [raw, 1] }));
    expect(medianMs).toBe(0.036424);
    expect(roundsMs).toEqual([0.036424, 1]);
  });

  test('has the profile when there is one', () => {
    const kernels = [{ kernel: 'Add', group: 'rest', calls: 2, ms: 1.23456789 }] as const;
    const profile: Profile = { batches: 3, batchMs: 10.12345678, optimizerMs: 4, kernels };
    expect(JSON.parse(jsonLine({ ...sluice, profile })).profile).toEqual({
      batches: 3,
      batchMs: 10.1235,
      optimizerMs: 4,
      kernels: [{ kernel: 'Add', group: 'rest', calls: 2, ms: 1.23457 }],
    });
  });

  test('stays JSON when a result is not finite', () => {
    expect(JSON.parse(jsonLine({ ...sluice, maxError: Number.POSITIVE_INFINITY })).maxError).toBeNull();
  });
});

describe('the table', () => {
  test('has ratios to the fastest and to Sluice', () => {
    const table = taskTable({ task, results: [sluice, peer, runtime], notes: [], covers: 'the whole batch' });
    expect(table.split('\n')[0]).toBe('forward gru (64, 50, 128, 128)');
    expect(columns(table, 'sluice')).toEqual([
      'sluice',
      'cpu',
      '20.0',
      '18.0',
      '40',
      '2.00',
      '1.00',
      '2.0e-7',
      '1',
    ]);
    expect(columns(table, 'tf.layers').slice(2)).toEqual([
      '150',
      '120',
      '40',
      '15.04',
      '7.52',
      '3.0e-7',
      '1404',
    ]);
    expect(columns(table, 'onnxruntime-web').slice(5, 7)).toEqual(['1.00', '0.50']);
    expect(table).toContain('max error over the whole batch');
  });

  test('compares with Sluice on the same backend where it runs there', () => {
    const there: Measured = { ...sluice, backend: 'wasm', medianMs: 5, quartilesMs: [4.9, 5.1] };
    const table = taskTable({ task, results: [sluice, there, peer, runtime], notes: [] });
    expect(columns(table, 'onnxruntime-web')[6]).toBe('2.00');
    expect(columns(table, 'tf.layers')[6]).toBe('7.52');
  });

  test('marks a wrong result and does not rank it', () => {
    const wrong = { ...runtime, maxError: 0.3 };
    const table = taskTable({ task, results: [sluice, peer, wrong], notes: [] });
    expect(columns(table, 'onnxruntime-web').slice(5, 8)).toEqual(['–', '–', 'WRONG 3.0e-1']);
    expect(columns(table, 'sluice')[5]).toBe('1.00');
    const nothing = taskTable({
      task,
      results: [{ ...sluice, maxError: Number.POSITIVE_INFINITY }],
      notes: [],
    });
    expect(nothing).toMatch(/WRONG not finite/);
  });

  test('marks results whose middle halves overlap with that of the fastest', () => {
    const near: Measured = { ...runtime, medianMs: 20.5, quartilesMs: [20.9, 22] };
    const table = taskTable({ task, results: [sluice, near, peer], notes: [] });
    const ratios = ['sluice', 'onnxruntime-web', 'tf.layers'].map((name) => columns(table, name)[5]);
    expect(ratios).toEqual(['≈ 1.00', '≈ 1.02', '7.52']);
    const apart = taskTable({ task, results: [sluice, { ...near, quartilesMs: [21.1, 22] }], notes: [] });
    expect(apart).not.toMatch(/≈/);
  });

  test('warns of noise, and only then', () => {
    const noisy: Measured = { ...peer, quartilesMs: [100, 190] };
    const warning =
      /The times of tf\.layers on cpu vary too much to be trusted: their middle half is up to 60 % of the median wide\./;
    expect(taskTable({ task, results: [sluice, noisy], notes: [] })).toMatch(warning);
    expect(taskTable({ task, results: [noisy], notes: [] })).toMatch(
      / All times vary too much to be trusted: /,
    );
    expect(taskTable({ task, results: [sluice, peer], notes: [] })).not.toMatch(/vary/);
  });

  test('is in microseconds if the fastest is short', () => {
    const short = { ...sluice, medianMs: 0.0254, minMs: 0.02137, quartilesMs: [0.025, 0.026] as const };
    const table = taskTable({ task, results: [short, peer], notes: [] });
    expect(columns(table, 'contender').slice(2, 4)).toEqual(['median µs', 'min µs']);
    expect(columns(table, 'sluice').slice(2, 4)).toEqual(['25.4', '21.4']);
    expect(columns(table, 'tf.layers').slice(2, 4)).toEqual(['150400', '120000']);
    const long = taskTable({ task, results: [peer], notes: [] });
    expect(columns(long, 'contender').slice(2, 4)).toEqual(['median ms', 'min ms']);
  });

  test('of a step has the speed of its products', () => {
    const step: Task = { workload: 'step', shape: [1, 1, 128, 128], cell: 'gru' };
    const result: Measured = {
      ...sluice,
      ...step,
      medianMs: 0.02,
      quartilesMs: [0.019, 0.021],
      flops: 196_608,
    };
    const wrong: Measured = { ...result, contender: 'onnxruntime-web', maxError: 1 };
    const table = taskTable({ task: step, results: [result, wrong], notes: [] });
    expect(table.match(/.*flops.*/g)).toEqual(['  sluice on cpu: 196,608 flops of products at 9.83 GFLOP/s']);
    expect(taskTable({ task, results: [sluice], notes: [] })).not.toMatch(/flops/);
  });

  test('has the reasons for missing results, and every note', () => {
    const table = taskTable({ task, results: [skipped], notes: ['a note'], covers: 'nothing' });
    expect(table).toBe('forward gru (64, 50, 128, 128)\n  sluice on wasm skipped: no memory\n  a note\n');
  });
});

describe('the table of ratios between cells', () => {
  const series = { workload: 'forward', shape: [64, 50, 128, 128], cells: ['gru', 'lstm', 'sru'] } as const;
  const report = (cell: string, ...results: (Measured | Skipped)[]): TaskReport => ({
    task: { ...task, cell },
    results: results.map((result) => ({ ...result, cell })),
    notes: [],
  });
  const there: Measured = { ...sluice, backend: 'wasm' };
  const reports = [
    report('gru', { ...sluice, roundsMs: [20, 40, 200] }, { ...there, roundsMs: [5, 5] }, peer),
    report('lstm', { ...sluice, roundsMs: [25, 50] }, skipped, peer),
    report('sru', { ...sluice, roundsMs: [10, 10, 100] }, { ...there, roundsMs: [2, 4] }),
  ];

  test('has the median over rounds of each pair on each backend, for Sluice alone', () => {
    const [table, ...others] = cellRatioTables(series, reports);
    expect(others).toEqual([]);
    expect(table.split('\n')[0]).toBe('forward gru, lstm, sru (64, 50, 128, 128): sluice’s cells compared');
    expect(columns(table, 'median over rounds').slice(1)).toEqual(['cpu', 'wasm']);
    expect(columns(table, 'gru ÷ lstm')).toEqual(['gru ÷ lstm', '0.80', '–']);
    // Of the ratios 2, 4, 2 and of 2.5, 1.25.
    expect(columns(table, 'gru ÷ sru')).toEqual(['gru ÷ sru', '2.00', '1.88']);
    expect(columns(table, 'lstm ÷ sru')).toEqual(['lstm ÷ sru', '3.75', '–']);
  });

  test('is left out for fewer than two cells with right results', () => {
    expect(cellRatioTables(series, reports.slice(0, 1))).toEqual([]);
    const wrong = report('sru', { ...sluice, maxError: 0.3 });
    expect(cellRatioTables(series, [reports[0], wrong])).toEqual([]);
  });

  test('also exists for the engine if that was measured', () => {
    const engine: Measured = { ...sluice, contender: 'sluice-engine' };
    const more = [
      report('gru', sluice, { ...engine, roundsMs: [9, 9] }),
      report('sru', sluice, { ...engine, roundsMs: [3, 3] }),
    ];
    const [layers, engines] = cellRatioTables(series, more);
    expect(layers.split('\n')[0]).toBe('forward gru, lstm, sru (64, 50, 128, 128): sluice’s cells compared');
    expect(engines.split('\n')[0]).toBe(
      'forward gru, lstm, sru (64, 50, 128, 128): sluice-engine’s cells compared',
    );
    expect(columns(engines, 'gru ÷ sru')).toEqual(['gru ÷ sru', '3.00']);
  });
});

describe('the table of kernels', () => {
  const profile: Profile = {
    batches: 4,
    batchMs: 200,
    optimizerMs: 50,
    kernels: [
      { kernel: 'SluiceRecurrentGradient', group: 'recurrent gradient', calls: 2, ms: 80 },
      { kernel: 'SluiceRecurrent', group: 'recurrent forward', calls: 2, ms: 40 },
      { kernel: 'Multiply', group: 'optimizer', calls: 20, ms: 30 },
      { kernel: 'Multiply', group: 'rest', calls: 3, ms: 2 },
      { kernel: 'Abs', group: 'rest', calls: 1, ms: 0.1 },
      { kernel: 'Neg', group: 'rest', calls: 2, ms: 0.05 },
    ],
  };
  const table = kernelTable({ ...sluice, workload: 'train', medianMs: 150 }, profile);
  const [byKernel, byPurpose] = table
    .split('\n\n')
    .map((part) => part.split('\n').map((line) => line.trim().split(/ {2,}/)));

  test('has a line for each kernel with its purpose, and one for all small ones', () => {
    expect(table.split('\n')[0]).toBe('train gru (64, 50, 128, 128): where a batch of sluice on cpu goes');
    expect(byKernel.slice(2)).toEqual([
      ['SluiceRecurrentGradient', 'recurrent gradient', '2', '80.0', '40.0 %'],
      ['SluiceRecurrent', 'recurrent forward', '2', '40.0', '20.0 %'],
      ['Multiply', 'optimizer', '20', '30.0', '15.0 %'],
      ['Multiply', 'rest', '3', '2.00', '1.0 %'],
      ['2 others', '3', '0.150', '0.1 %'],
    ]);
  });

  test('has a line for each purpose; they add up to the batch', () => {
    expect(byPurpose.slice(1, 8)).toEqual([
      ['recurrent forward', '2', '40.0', '20.0 %'],
      ['recurrent gradient', '2', '80.0', '40.0 %'],
      ['embedding', '0', '0.00', '0.0 %'],
      ['optimizer', '20', '50.0', '25.0 %'],
      ['rest', '6', '2.15', '1.1 %'],
      ['outside of kernels', '0', '27.8', '13.9 %'],
      ['the whole batch', '30', '200', '100.0 %'],
    ]);
  });

  test('has the speed of the arithmetic without timers', () => {
    expect(table).toMatch(
      /3,000,000,000 flops of products, at 20\.0 GFLOP\/s in the measured median of 150 ms/,
    );
  });
});
