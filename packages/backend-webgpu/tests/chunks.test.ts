import { type Cell, cells, referenceForward, referenceGradient } from '@sluice/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createWebgpuBackend, type StrategyName } from '../src/engine.js';
import { mapProblem, problemOf, resultsOn, worstError } from './problem.js';
import { softwareDevice } from './software-device.js';

// Long sequences are split into chunks; here all sequences are, every three steps.
vi.mock('../src/engine/chunks.js', async (original) => {
  const actual = await original<typeof import('../src/engine/chunks.js')>();
  const { splitIntoChunks } = actual;
  return {
    ...actual,
    splitIntoChunks: (work: Parameters<typeof splitIntoChunks>[0], direction: 1 | -1) =>
      splitIntoChunks({ ...work, workPerStep: 5e7 / 3 }, direction),
  };
});

let device: GPUDevice;
beforeAll(async () => {
  device = await softwareDevice('default');
});
afterAll(() => device.destroy());

describe('a sequence in several chunks', () => {
  const variants = {
    gru: cells.gru(),
    'gru, reset before': cells.gru({ resetAfter: false }),
    lstm: cells.lstm({ peephole: true }),
    sru: cells.sru(),
  };
  const linear = {
    'sru without state vectors': cells.sru({ version: 1 }),
    minGru: cells.minGru(),
    s6: cells.s6({ stateSize: 2, rank: 1 }),
  };
  async function expectReference(
    cell: Cell,
    strategy: StrategyName,
    more: { reverse: boolean; timeMajor?: boolean },
  ): Promise<void> {
    const backend = await createWebgpuBackend({ device, strategy });
    const problem = problemOf(cell, { batch: 3, timesteps: 8, inputSize: 4, units: 6 }, more);
    const { plan, inputs, cotangents } = mapProblem(problem, (values) => Float64Array.from(values));
    const { sequence, states } = referenceForward(plan, inputs);
    const { x, parameters, initialStates } = referenceGradient(plan, inputs, cotangents);
    const expected = [sequence, ...states, x, ...parameters, ...initialStates];
    expect(worstError(await resultsOn(backend, problem), expected)).toBeLessThan(1e-5);
  }

  test.each([
    ['gru', 'resident'],
    ['gru', 'stepwise'],
    ['sru', 'resident'],
  ] as const)('%s, %s, time before batch', (name, strategy) =>
    expectReference(variants[name], strategy, { reverse: true, timeMajor: true }),
  );

  for (const [name, cell] of Object.entries(variants)) {
    for (const reverse of [false, true]) {
      for (const strategy of ['resident', 'stepwise'] as const) {
        test(`${name}, ${strategy}${reverse ? ', reversed' : ''}`, async () => {
          await expectReference(cell, strategy, { reverse });
        });
      }
    }
  }

  for (const [name, cell] of Object.entries(linear)) {
    test.each([
      ['', { reverse: false }],
      [', reversed, time before batch', { reverse: true, timeMajor: true }],
    ])(`${name}, all steps of a chunk at once%s`, (_, more) => expectReference(cell, 'parallel', more));
  }
});
