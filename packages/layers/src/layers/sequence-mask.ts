import { reshape, Tensor } from '@tensorflow/tfjs-core';
import { shownValue } from '../check-options.js';
import type { CallArgs } from './layer-inputs.js';
import { first } from './one-or-several.js';

/**
 * The mask `[batch, timesteps]` of a layer's sequence, among the masks that it is given. TensorFlow.js's `add`, `average` and
 * the other merging layers hand on theirs as `[1, batch, timesteps]`, with one more 1 for each layer in a row.
 * @throws TypeError when it is no tensor.
 */
export function sequenceMask(layer: string, masks: CallArgs['mask']): Tensor | undefined {
  const mask = first<Tensor | null | undefined>(masks);
  if (mask == null) return undefined;
  if (!(mask instanceof Tensor)) {
    throw new TypeError(
      `${layer}: the mask must be a tensor [batch, timesteps], as tf.tensor2d(mask) makes it, but is ${shownValue(masks)}.`,
    );
  }
  const merged = mask.rank > 2 && mask.shape.slice(0, -2).every((size) => size === 1);
  return merged ? reshape(mask, mask.shape.slice(-2)) : mask;
}
