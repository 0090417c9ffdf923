import type { SequenceInputs } from '../src/backend/index.js';
import type { Cell, Sizes } from '../src/index.js';
import { planFor } from '../src/index.js';

/** A seeded generator of numbers in (−1, 1): Lehmer's, multiplier 48271. */
export function numbers(seed: number): (length: number) => Float64Array {
  let state = seed;
  return (length) =>
    Float64Array.from({ length }, () => {
      state = (state * 48271) % 2147483647;
      return (2 * state) / 2147483647 - 1;
    });
}

export interface Shape extends Sizes {
  readonly batch: number;
  readonly timesteps: number;
}

/** A plan with random inputs for every array it takes. */
export function problem(cell: Cell, shape: Shape, options: { recurrentDropout?: boolean } = {}) {
  const random = numbers(7);
  const plan = planFor(cell, shape, options);
  const { batch, timesteps } = shape;
  const inputs: SequenceInputs<Float64Array> = {
    batch,
    timesteps,
    x: random(batch * timesteps * plan.inputSize),
    parameters: plan.parameters.map((p) => random(p.shape.reduce((a, b) => a * b))),
    initialStates: plan.stateWidths.map((width) => random(batch * width)),
    recurrentMasks: plan.recurrentMasks.map(({ width }) => random(batch * width).map((v) => (v > 0 ? 2 : 0))),
  };
  return { plan, inputs, random };
}
