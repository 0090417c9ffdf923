import { type ReferenceResult, referenceForward, referenceGradient } from '@sluice/core';
import { mapCotangents, mapInputs, namedGradient, namedResults } from './buffers.js';
import type { Named } from './compare.js';
import type { Problem } from './problem.js';

const exact = (values: Float32Array): Float64Array => new Float64Array(values);

/** The forward pass that the kinks, the outputs and the gradient of a problem are read from. */
const known = new WeakMap<Problem['inputs'], ReferenceResult>();

/** The float64 reference's forward pass of a problem, with the values of every step; run once. */
export function referenceOf({ plan, inputs }: Problem): ReferenceResult {
  const result = known.get(inputs) ?? referenceForward(plan, mapInputs(inputs, exact));
  known.set(inputs, result);
  return result;
}

/** What the float64 reference computes for a problem's outputs and final states. */
export const expectedForward = (problem: Problem): Named => namedResults(problem.plan, referenceOf(problem));

/** What the float64 reference computes for a problem's gradient. */
export function expectedGradient(problem: Problem): Named {
  const { plan, inputs, cotangents } = problem;
  const given = mapCotangents(cotangents, exact);
  const gradient = referenceGradient(plan, mapInputs(inputs, exact), given, referenceOf(problem));
  return namedGradient(plan, gradient);
}
