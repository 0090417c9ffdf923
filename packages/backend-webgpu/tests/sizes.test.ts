import { cells } from '@sluice/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { createWebgpuBackend, type StrategyName } from '../src/engine.js';
import { asGpu } from './as-gpu.js';
import { expectedOf, problemOf, resultsOn, worstError } from './problem.js';
import { softwareDevice } from './software-device.js';

const devices = {} as Record<'default' | 'adapter', GPUDevice>;
beforeAll(async () => {
  for (const limits of ['default', 'adapter'] as const) devices[limits] = await softwareDevice(limits);
});
afterAll(() => {
  for (const device of Object.values(devices)) device.destroy();
});

const cellNamed = (name: 'gru' | 'lstm' | 'gruResetBefore') =>
  name === 'gruResetBefore' ? cells.gru({ resetAfter: false }) : cells[name]();

type SizeCase = [
  name: string,
  cell: keyof typeof cells,
  shape: Parameters<typeof problemOf>[1],
  strategy?: StrategyName,
];

describe('sizes beyond those of the conformance suite', () => {
  // Only in the full tier: each multiplies 4 to 6 million weights, which takes seconds, by the kernels of the first two cases below.
  const largestCases: SizeCase[] = [
    ['1,024 units in one dispatch', 'gru', { batch: 3, timesteps: 2, inputSize: 5, units: 1024 }, 'resident'],
    [
      '1,024 units, a dispatch per step',
      'lstm',
      { batch: 3, timesteps: 2, inputSize: 5, units: 1024 },
      'stepwise',
    ],
  ];
  const cases: SizeCase[] = [
    [
      'a row per workgroup in one dispatch',
      'gru',
      { batch: 3, timesteps: 2, inputSize: 5, units: 520 },
      'resident',
    ],
    [
      'many units, a dispatch per step',
      'lstm',
      { batch: 3, timesteps: 2, inputSize: 5, units: 300 },
      'stepwise',
    ],
    ...(testTier() === 'full' ? largestCases : []),
    [
      'more rows than a tile, a dispatch per step',
      'gru',
      { batch: 70, timesteps: 3, inputSize: 4, units: 20 },
      'stepwise',
    ],
    ['10,000 steps of a GRU', 'gru', { batch: 1, timesteps: 10_000, inputSize: 2, units: 5 }],
    ['10,000 steps of an SRU', 'sru', { batch: 2, timesteps: 10_000, inputSize: 3, units: 3 }],
  ];
  for (const [name, cell, shape, strategy] of cases) {
    test(name, async () => {
      const backend = await createWebgpuBackend({ device: devices.default, strategy });
      const problem = problemOf(cells[cell](), shape);
      const error = worstError(await resultsOn(backend, problem), expectedOf(problem));
      // The tolerance of gradients, which grows with the root of the number of steps beyond 64.
      expect(error).toBeLessThan(1e-4 * Math.sqrt(Math.max(1, shape.timesteps / 64)));
    });
  }
});

describe('layers with several units per thread', () => {
  const shape = { batch: 11, timesteps: 3, inputSize: 5 };
  test.each([
    ['a multiple of four, with subgroups', 'adapter', 'gru', 100],
    ['a multiple of four, without', 'default', 'gru', 100],
    ['no multiple of four', 'adapter', 'lstm', 70],
    ['with products in two stages', 'adapter', 'gruResetBefore', 52],
  ] as const)('%s', async (_, limits, cell, units) => {
    const backend = await createWebgpuBackend({ device: devices[limits] });
    const { batch, timesteps, inputSize } = shape;
    const isPadded = (cell: number) => cell % 5 === 3;
    const mask = Float32Array.from({ length: batch * timesteps }, (_, cell) => Number(!isPadded(cell)));
    const x = Float32Array.from({ length: batch * timesteps * inputSize }, (_, i) =>
      isPadded(Math.floor(i / inputSize)) ? Number.NaN : Math.sin(i),
    );
    const problem = problemOf(cellNamed(cell), { ...shape, units }, { mask, x });
    expect(worstError(await resultsOn(backend, problem), expectedOf(problem))).toBeLessThan(1e-5);
  });
});

describe('layers with a quad per unit, as on GPUs', () => {
  const shape = { batch: 6, timesteps: 4, inputSize: 5 };
  test.each([
    ['fewer units than quads', 'gru', 5, {}],
    ['more, and no multiple of four', 'lstm', 70, {}],
    ['with products in two stages', 'gruResetBefore', 33, {}],
    // Workgroup memory for one row only, which one thread of each quad computes.
    ['a row per workgroup', 'gru', 150, { maxComputeWorkgroupStorageSize: 4096 }],
  ] as const)('%s', async (_, cell, units, limits) => {
    const backend = await createWebgpuBackend({ device: asGpu(devices.adapter, limits) });
    const problem = problemOf(cellNamed(cell), { ...shape, units });
    expect(worstError(await resultsOn(backend, problem), expectedOf(problem))).toBeLessThan(1e-5);
  });
});
