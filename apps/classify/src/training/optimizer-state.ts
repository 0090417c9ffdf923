import { type Optimizer, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { NamedArray } from '../storage/named-array.js';
import { toArray } from './weights.js';

/** The optimizer's step count and moments, copied to the host. */
export async function optimizerState(optimizer: Optimizer): Promise<NamedArray[]> {
  const weights = await optimizer.getWeights();
  const state = await Promise.all(weights.map(({ name, tensor }) => toArray(name, tensor)));
  // The first one is the step count, a tensor made for this call; the others are the optimizer's own.
  weights[0].tensor.dispose();
  return state;
}

/**
 * Puts a state into the optimizer in place of its own.
 *
 * After an epoch this is done even when nothing was interrupted: an optimizer computes the powers of its decay
 * rates anew from a state, and they differ in the last bit from those multiplied up batch by batch. This way every
 * epoch begins as it would after a resume.
 */
export async function restoreOptimizer(optimizer: Optimizer, state: readonly NamedArray[]): Promise<void> {
  const replaced = await optimizer.getWeights();
  const weights = state.map(({ name, shape, values }) => ({
    name,
    tensor: tensor(values, shape, values instanceof Float32Array ? 'float32' : 'int32') as Tensor,
  }));
  await optimizer.setWeights(weights);
  for (const { tensor } of [...replaced, ...weights]) tensor.dispose();
}
