import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { defineCell, planFor, referenceForward, referenceGradient } from '@sluice/core';
import type { Backend, SequenceInputs } from '@sluice/core/backend';
import {
  concat,
  kernel,
  normalize,
  recurrentKernel,
  repeat,
  sigmoid,
  softmax,
  split,
  sum,
  sumParts,
  tanh,
  tile,
} from '@sluice/core/equations';
import { uniformStream } from '@sluice/core/random';
import { describe, expect, test } from 'vitest';
import { createWasmBackend } from '../../src/engine.js';

/** Every row operation, rows of several lengths, a block-diagonal matrix, a matrix over rows that are put together. */
const cell = defineCell({
  name: 'rows',
  states: { h: 'units', window: ({ units }) => 3 * units, level: 1 },
  parameters: {
    kernel: { ...kernel('q', 'h'), rows: ({ inputSize, units }) => inputSize + units },
    recurrentKernel: { ...recurrentKernel('h'), groups: 2 },
    score: { ...kernel('s'), width: 1 },
  },
  equations: ({ x, h, window, level }, { kernel: W, recurrentKernel: U, score }, { units }) => {
    const query = W.q(concat(x, h));
    const weights = softmax(sum(window.mul(tile(query, 3)), 3));
    const context = sumParts(window.mul(repeat(weights, units)), 3);
    const next = tanh(normalize(W.h(concat(x, context))).add(U.h(h)));
    return {
      h: next,
      window: concat(...split(window, 3).slice(1), next),
      level: sigmoid(score.s(x).add(level)).add(sum(next).mul(0.1)),
      output: concat(next.mul(level), level),
    };
  },
});

/** Repeatable numbers in −0.5 … 0.5. */
function numbers(length: number, seed: number): Float32Array {
  const next = uniformStream(seed);
  return Float32Array.from({ length }, () => next() - 0.5);
}

/** The largest difference between a backend's results and gradients and the reference's, relative to max(1, |expected|). */
async function largestError<Buffer>(
  backend: Backend<Buffer>,
  [batch, timesteps, inputSize, units]: readonly number[],
  masked: boolean,
): Promise<number> {
  const plan = planFor(cell, { inputSize, units });
  const x = numbers(batch * timesteps * inputSize, 1);
  const mask = numbers(batch * timesteps, 4).map((value) => Number(value > -0.2));
  const sequence = numbers(batch * timesteps * plan.outputWidth, 3);
  const parameters = plan.parameters.map(({ shape }, i) =>
    numbers(
      shape.reduce((a, b) => a * b),
      i + 10,
    ),
  );
  const states = plan.stateWidths.map((width, i) => numbers(batch * width, i + 20));
  const on = <To>(to: (values: Float32Array) => To): SequenceInputs<To> => ({
    ...{ batch, timesteps, reverse: masked, x: to(x), parameters: parameters.map(to) },
    initialStates: states.map(to),
    mask: masked ? to(mask) : undefined,
  });
  const exact = (values: Float32Array) => Float64Array.from(values);
  const upload = (values: Float32Array) => backend.upload(values);
  const inputs = on(upload);
  const result = backend.forward(plan, inputs, true);
  const gradient = backend.gradient(plan, inputs, result, { sequence: upload(sequence) });
  const expected = referenceForward(plan, on(exact));
  const wanted = referenceGradient(plan, on(exact), { sequence: exact(sequence) }, expected);
  const pairs: [Buffer, Float64Array][] = [
    [result.sequence, expected.sequence],
    [gradient.x, wanted.x],
    ...result.states.map((state, i): [Buffer, Float64Array] => [state, expected.states[i]]),
    ...gradient.parameters.map((values, i): [Buffer, Float64Array] => [values, wanted.parameters[i]]),
    ...gradient.initialStates.map((values, i): [Buffer, Float64Array] => [values, wanted.initialStates[i]]),
  ];
  let worst = 0;
  for (const [buffer, values] of pairs) {
    const actual = await backend.download(buffer);
    values.forEach((value, i) => {
      const error = Math.abs(value - actual[i]) / Math.max(1, Math.abs(value));
      if (!(error <= worst)) worst = error;
    });
  }
  return worst;
}

describe('a cell of rows of several lengths agrees with the reference', () => {
  test.each([
    [[1, 1, 3, 4], false],
    [[3, 5, 5, 6], true],
    [[2, 7, 1, 34], true],
    [[24, 5, 6, 12], false],
  ] as const)('%s, masked %s', async (shape, masked) => {
    expect(await largestError(createCpuBackend(), shape, masked)).toBeLessThan(2e-5);
    for (const threads of [1, 2]) {
      const backend = await createWasmBackend({ threads });
      expect(await largestError(backend, shape, masked)).toBeLessThan(2e-5);
      backend.stopThreads();
    }
  });
});

test('sums of long rows are as exact as short ones', async () => {
  const long = defineCell({
    name: 'sums',
    states: { h: 1 },
    parameters: {},
    equations: ({ x, h }) => ({ h, output: concat(sum(x), sumParts(x, 10_000)) }),
  });
  const plan = planFor(long, { inputSize: 70_000, units: 1 });
  const on = <To>(to: (values: Float32Array) => To): SequenceInputs<To> => ({
    ...{ batch: 1, timesteps: 1, parameters: [], x: to(new Float32Array(70_000).fill(0.1)) },
  });
  const expected = referenceForward(
    plan,
    on((values) => Float64Array.from(values)),
  ).sequence;
  const backend = await createWasmBackend();
  const { sequence } = backend.forward(plan, on(backend.upload));
  const actual = await backend.download(sequence);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i] / value - 1)).toBeLessThan(1e-6);
});
