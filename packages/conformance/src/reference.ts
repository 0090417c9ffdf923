import { referenceForward, referenceGradient } from '@sluice/core';
import { mapCotangents, mapInputs, namedGradient, namedResults } from './buffers.js';
import type { Named } from './compare.js';
import type { Problem } from './problem.js';

const exact = (values: Float32Array): Float64Array => Float64Array.from(values);

/** What the float64 reference computes for a problem's outputs and final states. */
export function expectedForward({ plan, inputs }: Problem): Named {
  return namedResults(plan, referenceForward(plan, mapInputs(inputs, exact)));
}

/** What the float64 reference computes for a problem's gradient. */
export function expectedGradient({ plan, inputs, cotangents }: Problem): Named {
  const gradient = referenceGradient(plan, mapInputs(inputs, exact), mapCotangents(cotangents, exact));
  return namedGradient(plan, gradient);
}
