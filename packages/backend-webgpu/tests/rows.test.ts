import { type Cell, cells, planFor } from '@sluice/core';
import { loopOf } from '@sluice/core/backend';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowVariants } from '../../conformance/src/cells/rows.js';
import { blocksOf, splitStages } from '../src/engine/loop/body.js';
import { createWebgpuBackend, type StrategyName } from '../src/engine.js';
import { asGpu } from './as-gpu.js';
import { expectedOf, problemOf, resultsOn, worstError } from './problem.js';
import { softwareDevice } from './software-device.js';

let device: GPUDevice;
beforeAll(async () => {
  device = await softwareDevice('adapter');
});
afterAll(() => device.destroy());

const variants = new Map<string, Cell>([
  ...rowVariants.map(({ name, cell }) => [name, cell] as const),
  ['an LSTM with projection', cells.lstm({ projection: 4 })],
]);

describe('cells with rows of several widths and operations on whole rows', () => {
  async function expectAgreement(
    name: string,
    options: { device: GPUDevice; strategy?: StrategyName },
    more: Parameters<typeof problemOf>[2],
  ): Promise<void> {
    const backend = await createWebgpuBackend(options);
    const shape = { batch: 6, timesteps: 4, inputSize: 6, units: 10 };
    const problem = problemOf(variants.get(name) as Cell, shape, more);
    expect(worstError(await resultsOn(backend, problem), expectedOf(problem))).toBeLessThan(1e-5);
  }

  for (const name of variants.keys()) {
    test(`${name}, in one dispatch`, () =>
      expectAgreement(name, { device, strategy: 'resident' }, { maskedOutput: 'repeat' }));
    test(`${name}, a dispatch per step`, () =>
      expectAgreement(name, { device, strategy: 'stepwise' }, { maskedOutput: 'zero', timeMajor: true }));
    test(`${name}, a quad per unit, as on GPUs`, () =>
      expectAgreement(name, { device: asGpu(device) }, { reverse: true, mask: undefined }));
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
