/** Problems whose equations enlarge rounding errors: no device could have their numbers within the tolerances. */
import { type Plan, type ReferenceResult, referenceForward } from '@sluice/core';
import type { SequenceCotangents, SequenceInputs } from '@sluice/core/backend';
import { mapCotangents, mapInputs } from './buffers.js';
import { Random } from './random.js';

/**
 * A gradient divides by the divisors and roots of the forward pass. Below this they make rounding errors so large that a part of
 * the gradient's tolerance is gone: `normalize` of a row of zeros divides by √1e-5, and 300 rounding errors are 2e-5.
 */
const SMALL = 1 / 8;

/** The spacing of float32 numbers from 1 on. */
const EPSILON = 2 ** -23;

/** A problem is good if its outputs and states change no more by rounding errors in the inputs, as most problems do. */
export const GOOD_CHANGE = 2.5e-7;

/** Of this many problems the one that changes least is taken, if none is good: those with many numbers hardly are. */
export const MOST_DRAWS = 8;

/** The smallest number of the forward pass that its gradient divides by, if it is small; else 1. */
export function smallDivisor({ nodes }: Plan, { steps }: Pick<ReferenceResult, 'steps'>): number {
  const divisors = nodes.flatMap((node, id) => {
    if (node.kind !== 'operation') return [];
    return node.name === 'div' ? [node.inputs[1]] : node.name === 'sqrt' ? [id] : [];
  });
  let least = SMALL;
  for (const { values } of steps) {
    for (const id of divisors) {
      for (const value of values[id] ?? []) least = Math.min(least, Math.abs(value));
    }
  }
  return least < SMALL ? least : 1;
}

/** The smallest factor of cotangents. Smaller ones would leave no gradient to compare. */
const LEAST_FACTOR = 2 ** -8;

/** Cotangents for a gradient that divides by a small number: as much smaller, by a power of two, as the gradient is larger. */
export function shrinkCotangents(
  cotangents: SequenceCotangents<Float32Array>,
  divisor: number,
): SequenceCotangents<Float32Array> {
  const factor = Math.max(LEAST_FACTOR, 2 ** Math.floor(Math.log2(divisor / SMALL)));
  return mapCotangents(cotangents, (values) => values.map((value) => value * factor));
}

/** The largest change of outputs and states, relative to max(1, |number|), when x, states and parameters move by rounding errors. */
export function changeByRounding(
  plan: Plan,
  inputs: SequenceInputs<Float32Array>,
  expected: ReferenceResult,
): number {
  const random = new Random('rounding errors');
  const moved = mapInputs(inputs, (values) =>
    Float64Array.from(values, (value) => value * (1 + (random.next() < 0.5 ? EPSILON : -EPSILON))),
  );
  const { mask, lengths, recurrentMasks } = mapInputs(inputs, (values) => Float64Array.from(values));
  const actual = referenceForward(plan, { ...moved, mask, lengths, recurrentMasks });
  const pairs = [
    [actual.sequence, expected.sequence],
    ...actual.states.map((state, i) => [state, expected.states[i]]),
  ];
  let largest = 0;
  for (const [after, before] of pairs) {
    after.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - before[i]) / Math.max(1, Math.abs(before[i])));
    });
  }
  return largest;
}
