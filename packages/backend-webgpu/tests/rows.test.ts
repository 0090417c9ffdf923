import { cells, defineCell, planFor } from '@sluice/core';
import { loopOf } from '@sluice/core/backend';
import { concat, sum, sumParts } from '@sluice/core/equations';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rowVariants } from '../../conformance/src/cells/rows.js';
import { blocksOf, splitStages } from '../src/engine/loop/body.js';
import { createWebgpuBackend } from '../src/engine.js';
import { expectedOf, problemOf, resultsOn, worstError } from './problem.js';
import { softwareDevice } from './software-device.js';

let device: GPUDevice;
beforeAll(async () => {
  device = await softwareDevice('adapter');
});
afterAll(() => device.destroy());

const shape = { batch: 6, timesteps: 4, inputSize: 6, units: 10 };

// The conformance suite runs these cells in one dispatch.
test.each(rowVariants)('$name, a dispatch per step', async ({ cell }) => {
  const backend = await createWebgpuBackend({ device, strategy: 'stepwise' });
  const problem = problemOf(cell, shape, { maskedOutput: 'zero', timeMajor: true });
  expect(worstError(await resultsOn(backend, problem), expectedOf(problem))).toBeLessThan(1e-5);
});

test('sums of long rows are within the tolerance', async () => {
  const long = defineCell({
    name: 'sums',
    states: { h: 1 },
    parameters: {},
    equations: ({ x, h }) => ({ h, output: concat(sum(x), sumParts(x, 10_000)) }),
  });
  const plan = planFor(long, { inputSize: 70_000, units: 1 });
  const x = new Float32Array(70_000).fill(0.1);
  const backend = await createWebgpuBackend({ device });
  const inputs = { batch: 1, timesteps: 1, parameters: [], x: backend.upload(x) };
  const actual = await backend.download(backend.forward(plan, inputs).sequence);
  expect(actual).toHaveLength(8);
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value / (x[0] * (i === 0 ? 70_000 : 10_000)) - 1)).toBeLessThan(1e-5);
  }
});

test('a kernel writes out few blocks of a product, also beside a product of two numbers', () => {
  const plan = planFor(cells.s6({ stateSize: 4, rank: 2 }), { inputSize: 8, units: 80 });
  const { body } = loopOf(plan, 'gradient', { masked: 'no', x: 'sequence' });
  const counts = splitStages(body).flatMap((stage) =>
    stage.products.map((product) => blocksOf(stage, product, 'product').length),
  );
  expect(counts.length).toBeGreaterThan(2);
  expect(Math.max(...counts)).toBeLessThanOrEqual(16);
});

test('a product that no program beside it reads has a thread for each column of its result', () => {
  const sizes = { inputSize: 4, units: 6 };
  const plan = planFor(cells.lstm({ layerNorm: true }), sizes, { recurrentDropout: true });
  const { body } = loopOf(plan, 'training', { masked: 'no', x: 'steps' });
  const widths = splitStages(body).flatMap(({ products, width }) => products.map(() => width));
  expect(widths).toEqual([6, 6, 6, 6]);
});
