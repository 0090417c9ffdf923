import { type Cell, cells } from '@sluice/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { divideSteps } from '../src/engine/loop/parallel.js';
import { slicesOfScan } from '../src/engine/loop/scan.js';
import { createWebgpuBackend, type WebgpuBackend } from '../src/engine.js';
import { asGpu } from './as-gpu.js';
import {
  expectedOf,
  mapProblem,
  type Problem,
  problemOf,
  resultsOn,
  type Shape,
  worstError,
} from './problem.js';
import { softwareDevice } from './software-device.js';

let device: GPUDevice;
const backends = {} as Record<'parallel' | 'resident', WebgpuBackend>;
beforeAll(async () => {
  device = await softwareDevice('default');
  for (const strategy of ['parallel', 'resident'] as const) {
    backends[strategy] = await createWebgpuBackend({ device, strategy });
  }
});
afterAll(() => device.destroy());

const variants: Readonly<Record<string, Cell>> = {
  'sru, version 1': cells.sru({ version: 1 }),
  minGru: cells.minGru(),
  minLstm: cells.minLstm(),
  rgLru: cells.rgLru({ heads: 2 }),
  qrnn: cells.qrnn(),
  s6: cells.s6({ stateSize: 3, rank: 2 }),
  'the gradient of an sru': cells.sru(),
  'the gradient of an indRnn': cells.indRnn({ activation: 'tanh' }),
  'the gradient of an mLstm': cells.mLstm({ heads: 2 }),
};

type More = Parameters<typeof problemOf>[2];

async function expectAgreement(cell: Cell, shape: Shape, more: More): Promise<void> {
  const problem = problemOf(cell, shape, more);
  const results = await resultsOn(backends.parallel, problem);
  // The tolerance of gradients, which grows with the root of the number of steps beyond 64.
  const tolerance = 1e-5 * Math.sqrt(Math.max(1, shape.timesteps / 64));
  expect(worstError(results, expectedOf(problem))).toBeLessThan(tolerance);
}

describe('all steps at once', () => {
  const cases: [what: string, timesteps: number, more: More][] = [
    ['a step', 1, { mask: undefined }],
    ['two steps, a mask', 2, {}],
    ['13 steps, a mask, reversed', 13, { reverse: true }],
    ['13 steps', 13, { mask: undefined }],
    [
      '31 steps, zero output at padded steps, time before batch',
      31,
      { maskedOutput: 'zero', timeMajor: true },
    ],
  ];
  for (const [name, cell] of Object.entries(variants)) {
    test.each(cases)(`${name}: %s`, (_, timesteps, more) =>
      expectAgreement(cell, { batch: 3, timesteps, inputSize: 6, units: 10 }, more),
    );
  }
});

describe('long sequences at once', () => {
  test.each(['sru, version 1', 'minGru'])(
    '31 steps of %s, zero output at padded steps, time before batch',
    (name) =>
      expectAgreement(
        variants[name],
        { batch: 3, timesteps: 31, inputSize: 6, units: 10 },
        { maskedOutput: 'zero', timeMajor: true },
      ),
  );

  test.each(['sru, version 1', 'minGru', 'minLstm', 'rgLru', 's6'])('1,000 steps of %s', (name) =>
    expectAgreement(variants[name], { batch: 2, timesteps: 1000, inputSize: 4, units: 4 }, {}),
  );

  test('997 steps in slices that do not divide them', () => {
    expect(slicesOfScan(997)).toEqual({ slices: 32, perSlice: 32 });
    return expectAgreement(
      cells.minGru(),
      { batch: 2, timesteps: 997, inputSize: 3, units: 5 },
      { reverse: true, maskedOutput: 'zero' },
    );
  });
});

describe('the slices of the steps', () => {
  test('cover the steps, and the last is not empty', () => {
    for (const steps of [1, 2, 3, 7, 64, 65, 997, 1000]) {
      for (const count of [1, 2, 3, 8, 31, 1000, 5000]) {
        const { slices, perSlice } = divideSteps(steps, count);
        expect(slices).toBeLessThanOrEqual(count);
        expect((slices - 1) * perSlice).toBeLessThan(steps);
        expect(slices * perSlice).toBeGreaterThanOrEqual(steps);
      }
    }
  });
});

/** The dispatches of a forward pass and of its gradient. */
function countDispatches(backend: WebgpuBackend, problem: Problem<Float32Array>): number[] {
  const { plan, inputs, cotangents } = mapProblem(problem, backend.upload);
  const start = backend.traffic.dispatches;
  const result = backend.forward(plan, inputs, true);
  const forward = backend.traffic.dispatches;
  backend.gradient(plan, inputs, result, cotangents);
  return [forward - start, backend.traffic.dispatches - forward];
}

test('the number of dispatches does not depend on the number of steps', () => {
  const counts = [1000, 8000].map((timesteps) => {
    const shape = { batch: 1, timesteps, inputSize: 8, units: 8 };
    return countDispatches(backends.parallel, problemOf(cells.minGru(), shape, { mask: undefined }));
  });
  // Forward: the projection, factor and addend, three for the recurrence, the output. The gradient: factor and addend, three, the
  // cotangents of the projection, two products, of which one is split along its depth, and the sums of the biases.
  expect(counts).toEqual([
    [6, 9],
    [6, 9],
  ]);
});

test('the states are the same bits whether or not the values for the gradient are kept', async () => {
  const backend = backends.parallel;
  for (const cell of [cells.minLstm(), cells.s6({ stateSize: 3 })]) {
    const problem = problemOf(cell, { batch: 3, timesteps: 200, inputSize: 5, units: 6 });
    const { plan, inputs } = mapProblem(problem, backend.upload);
    const numbers = async (keep: boolean) => {
      const { sequence, states } = backend.forward(plan, inputs, keep);
      return Promise.all([sequence, ...states].map((buffer) => backend.download(buffer)));
    };
    expect(await numbers(false)).toEqual(await numbers(true));
  }
});

test('NaN and infinities come out as they do step by step', async () => {
  const shape = { batch: 3, timesteps: 300, inputSize: 4, units: 4 };
  const problem = problemOf(cells.minGru(), shape);
  const { x, initialStates = [] } = problem.inputs;
  // Factors of about 0.0003: those of a slice have the product 0 in float32, which times infinity would be NaN.
  problem.inputs.parameters[1].fill(8, 0, 4);
  (initialStates[0] as Float32Array)[0] = Number.POSITIVE_INFINITY;
  (initialStates[0] as Float32Array)[1] = Number.NEGATIVE_INFINITY;
  // The first row is padded from step 200 on.
  x[(2 * 300 + 150) * 4] = Number.NaN;
  x[(0 * 300 + 250) * 4] = Number.NaN;
  x[(1 * 300 + 10) * 4 + 1] = Number.POSITIVE_INFINITY;
  const [atOnce, stepByStep] = [
    await resultsOn(backends.parallel, problem),
    await resultsOn(backends.resident, problem),
  ];
  const kind = (value: number) => (Number.isFinite(value) ? 0 : value);
  const kinds = (results: readonly Float32Array[]) => results.map((values) => Array.from(values, kind));
  // The sequence and the final state; the gradient of an infinite state is NaN in sums.
  expect(kinds(atOnce.slice(0, 2))).toEqual(kinds(stepByStep.slice(0, 2)));
  expect(atOnce[1][0]).toBe(Number.POSITIVE_INFINITY);
  expect(kinds(atOnce.slice(2))).toEqual(kinds(stepByStep.slice(2)));
});

test('the sizes choose: many steps of few states run at once on a GPU', async () => {
  const dispatches = async (timesteps: number, on: GPUDevice) => {
    const backend = await createWebgpuBackend({ device: on });
    const shape = { batch: 1, timesteps, inputSize: 4, units: 4 };
    return countDispatches(backend, problemOf(cells.minGru(), shape, { mask: undefined }));
  };
  expect(await dispatches(64, asGpu(device))).toEqual([6, 8]);
  expect(await dispatches(63, asGpu(device))).toEqual([2, 4]);
  expect(await dispatches(64, device)).toEqual([2, 4]);
});
