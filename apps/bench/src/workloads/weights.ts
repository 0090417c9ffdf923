import type { ParameterShape } from '@sluice/core';
import type { RandomNumbers } from './random.js';

/** The number of elements of a shape. */
export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/**
 * Weights of a cell, flat, in its own order. Matrices are uniform in ±1/√rows, so that pre-activations stay in the
 * range where gates work and recurrent products neither grow nor vanish.
 */
export function drawWeights(parameters: readonly ParameterShape[], random: RandomNumbers): Float32Array[] {
  return parameters.map(({ form, role, shape }) => {
    const vectorScale = role === 'bias' ? 0.1 : 0.5;
    return random.fill(elements(shape), form === 'matrix' ? 1 / Math.sqrt(shape[0]) : vectorScale);
  });
}
