import { type Cell, planFor, referenceForward, referenceGradient } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { recurrent } from '../src/index.js';

/** The design's tolerances for float32 against float64, T ≤ 64, relative to max(1, |expected|). */
export const TOLERANCE = { forward: 2e-6, gradient: 2e-5 } as const;

/** Expects every number to be near the expected one. */
export function expectClose(
  actual: tf.Tensor,
  expected: ArrayLike<number>,
  kind: keyof typeof TOLERANCE,
  what: string,
): void {
  const values = actual.dataSync();
  expect(values.length, `${what}: count`).toBe(expected.length);
  let worst = { excess: 0, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(values[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    // `!(… <= …)` also finds NaN.
    if (!(difference <= worst.excess)) worst = { excess: difference, at: i };
  }
  const detail = `${what}: element ${worst.at} is ${values[worst.at]}, expected ${expected[worst.at]}`;
  expect(worst.excess, detail).toBeLessThanOrEqual(TOLERANCE[kind]);
}

/** The sizes of every comparison. */
const [batch, inputSize] = [3, 4];
/** A tensor of numbers in −1 … 1, repeatable by a seed. */
export const random = (seed: number, shape: readonly number[]) =>
  tf.randomUniform([...shape], -1, 1, 'float32', seed) as tf.Tensor;
/** A tensor's numbers in float64. */
export const toFloat64 = (tensor: tf.Tensor) => Float64Array.from(tensor.dataSync());

interface Options {
  units: number;
  timesteps?: number;
  mask?: number[];
  maskedOutput?: 'repeat' | 'zero';
  reverse?: boolean;
  recurrentDropout?: boolean;
  states?: boolean;
  /** Whether x holds NaN at padded steps. */
  nanPadding?: boolean;
}

/** Compares results and gradients of the operation with the reference on the same numbers. */
export function compareWithReference(
  cell: Cell,
  { units, timesteps = 5, mask, maskedOutput, reverse, recurrentDropout, states, nanPadding }: Options,
): void {
  const plan = planFor(cell, { inputSize, units }, { recurrentDropout });
  const numbers = random(1, [batch, timesteps, inputSize]);
  const padded = tf.equal(tf.tensor3d(mask ?? [1], mask ? [batch, timesteps, 1] : [1, 1, 1]), 0);
  const x = tf.variable(nanPadding ? tf.where(padded, Number.NaN, numbers) : numbers);
  const parameters = plan.parameters.map(({ shape }, i) => tf.variable(random(2 + i, shape)));
  const rows = plan.stateWidths.map((width) => [batch, width]);
  const initial = rows.map((row, i) => tf.variable(states ? random(20 + i, row) : tf.zeros(row)));
  const recurrentMasks = plan.recurrentMasks.map(({ width }, i) => random(30 + i, [batch, width]));
  const maskTensor = mask && tf.tensor2d(mask, [batch, timesteps]);
  const cotangents = {
    sequence: random(40, [batch, timesteps, plan.outputWidth]),
    states: rows.map((row, i) => random(41 + i, row)),
  };
  const run = () =>
    recurrent(cell, x as unknown as tf.Tensor3D, parameters, {
      units,
      maskedOutput,
      reverse,
      ...(states && { initialStates: initial }),
      ...(maskTensor && { mask: maskTensor }),
      ...(recurrentDropout && { recurrentMasks }),
    });
  const inputs = {
    batch,
    timesteps,
    x: toFloat64(x),
    parameters: parameters.map(toFloat64),
    initialStates: initial.map(toFloat64),
    mask: mask && Float64Array.from(mask),
    maskedOutput,
    reverse,
    recurrentMasks: recurrentMasks.map(toFloat64),
  };
  const expected = referenceForward(plan, inputs);
  const result = run();
  expectClose(result.sequence, expected.sequence, 'forward', 'sequence');
  result.states.forEach((state, i) => {
    expectClose(state, expected.states[i], 'forward', plan.states[i]);
  });

  const variables = [x, ...parameters, ...(states ? initial : [])] as tf.Variable[];
  const { grads } = tf.variableGrads(() => {
    const { sequence, states: last } = run();
    const terms = [[sequence, cotangents.sequence], ...last.map((state, i) => [state, cotangents.states[i]])];
    return terms
      .map(([value, weight]) => tf.sum(tf.mul(value, weight)))
      .reduce((a, b) => tf.add(a, b)) as tf.Scalar;
  }, variables);
  const gradient = referenceGradient(plan, inputs, {
    sequence: toFloat64(cotangents.sequence),
    states: cotangents.states.map(toFloat64),
  });
  const wanted = [gradient.x, ...gradient.parameters, ...(states ? gradient.initialStates : [])];
  const names = ['x', ...plan.parameters.map(({ name }) => name), ...plan.states];
  variables.forEach(({ name }, i) => {
    expectClose(grads[name], wanted[i], 'gradient', `gradient of ${names[i]}`);
  });
}
