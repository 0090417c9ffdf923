import { describe, expect, test } from 'vitest';
import { jsonLine } from '../src/report/json-lines.js';
import { taskTable } from '../src/report/table.js';
import type { Measured, Skipped } from '../src/results.js';
import type { Task } from '../src/workloads/workload.js';

const task: Task = { workload: 'forward', shape: [64, 50, 128, 128], cell: 'gru' };
const figures = { medianMs: 20, minMs: 18, runs: 40, maxError: 2e-7, kernels: 1 };
const sluice: Measured = { ...task, backend: 'cpu', threads: 1, contender: 'sluice', ...figures };
const peer: Measured = {
  ...sluice,
  contender: 'tf.layers',
  medianMs: 150.4,
  minMs: 120,
  maxError: 3e-7,
  kernels: 1404,
};
const runtime: Measured = {
  ...sluice,
  backend: 'wasm',
  contender: 'onnxruntime-web',
  medianMs: 10,
  minMs: 9,
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
        '"medianMs":20,"minMs":18,"runs":40,"maxError":2e-7,"kernels":1}',
    );
  });

  test('has the reason in place of the figures', () => {
    expect(JSON.parse(jsonLine(skipped))).toEqual(skipped);
    expect(Object.keys(JSON.parse(jsonLine(skipped))).at(-1)).toBe('skipped');
  });

  test('has no digits that a clock does not give', () => {
    expect(JSON.parse(jsonLine({ ...sluice, medianMs: 0.036423999999897 })).medianMs).toBe(0.036424);
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
    const there: Measured = { ...sluice, backend: 'wasm', medianMs: 5 };
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

  test('says why something is missing, and every note', () => {
    const table = taskTable({ task, results: [skipped], notes: ['a note'], covers: 'nothing' });
    expect(table).toBe('forward gru (64, 50, 128, 128)\n  sluice on wasm skipped: no memory\n  a note\n');
  });
});
