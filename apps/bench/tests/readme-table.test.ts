import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { barChart } from '../src/report/bars.js';
import { markdownTable } from '../src/report/markdown.js';
import { type Run, readRun } from '../src/report/results-file.js';
import type { Measured } from '../src/run/results.js';

const bench = fileURLToPath(new URL('..', import.meta.url));
const newest = readdirSync(join(bench, 'results'))
  .filter((name) => name.endsWith('.json'))
  .sort()
  .at(-1)!;

describe('the table', () => {
  const sluice: Measured = {
    ...{ workload: 'forward', shape: [64, 50, 128, 128], cell: 'gru', backend: 'wasm', threads: 1 },
    ...{ contender: 'sluice', medianMs: 20, minMs: 18, quartilesMs: [19, 21], runs: 40, roundsMs: [20] },
    ...{ firstMs: 250, maxError: 2e-7, kernels: 1, flops: 6e8 },
  };
  const peer: Measured = { ...sluice, contender: 'onnxruntime-web', medianMs: 50 };
  const wrong: Measured = { ...sluice, contender: 'tf.layers', medianMs: 60, maxError: 1 };
  const run: Run = {
    date: '2026-11-24T12:00:00.000Z',
    machine: {
      ...{
        runtime: 'Chromium 142',
        system: 'Linux',
        threads: 2,
        sharedMemory: true,
        simd: true,
        relaxedSimd: true,
      },
      ...{ webgpu: { missing: 'none' }, libraries: { 'onnxruntime-web': '1.30.0' } },
    },
    ceilings: [],
    reports: [
      {
        task: { workload: 'forward', shape: [64, 50, 128, 128], cell: 'gru' },
        results: [sluice, peer, wrong],
        notes: [],
      },
    ],
  };

  test('has Sluice’s times and the ratios of the others, without wrong results', () => {
    expect(markdownTable(run).split('\n')).toEqual([
      'Measured on 2026-11-24 in Chromium 142 on Linux, 2 logical cores; onnxruntime-web 1.30.0.',
      '',
      '| workload | batch, timesteps, input, units | cell | backend | Sluice | `tf.layers` ÷ | `onnxruntime-web` ÷ |',
      '| --- | --- | --- | --- | ---: | ---: | ---: |',
      '| forward | 64, 50, 128, 128 | gru | wasm | 20.0 ms | – | 2.50 |',
    ]);
  });

  test('is refused for a run without a machine', () => {
    expect(() => markdownTable({ ...run, machine: undefined })).toThrow(/which machine/);
  });
});

describe('the bars', () => {
  test('are those of the newest file of results', () => {
    const bars = barChart(readRun(readFileSync(join(bench, 'results', newest), 'utf8')));
    expect(readFileSync(join(bench, '../../docs/guide/speed.svg'), 'utf8')).toBe(bars);
    // The longest bar, and how many bars there are.
    expect(bars.match(/ width="330.0"/g)).toHaveLength(1);
    expect(bars.match(/<rect [^>]*rx="2"/g)).toHaveLength(14);
  });
});

describe('the README', () => {
  test('has the table of the newest file of results', () => {
    const table = markdownTable(readRun(readFileSync(join(bench, 'results', newest), 'utf8')));
    expect(readFileSync(join(bench, 'README.md'), 'utf8')).toContain(
      `<!-- results -->\n\n${table}\n\n<!-- /results -->`,
    );
  });

  test('has a small picture of the page', () => {
    expect(statSync(join(bench, 'results', 'page.png')).size).toBeLessThan(150_000);
  });
});
