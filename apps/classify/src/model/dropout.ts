import type { LayersModel } from '@tensorflow/tfjs-layers';
import { deriveSeed, stream } from '../random/generator.js';

/**
 * Gives each dropout layer the seed for one training batch. TensorFlow.js's layer draws its mask from its `seed`
 * whenever it is called, so a fixed one would drop the same activations in every batch, and none at all could
 * not be repeated. The seed is a plain field of the layer that its types hide.
 */
export function seedDropout(model: LayersModel, seed: number, epoch: number, batch: number): void {
  model.layers.forEach((layer, position) => {
    if (layer.getClassName() !== 'Dropout') return;
    (layer as unknown as { seed: number }).seed = deriveSeed(seed, stream.dropout, epoch, batch, position);
  });
}
