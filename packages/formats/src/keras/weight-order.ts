/** The order of a layer's weights. Keras's `.h5` and TensorFlow.js list those that are trained first, so a frozen one comes last. */
import type { FileTensor } from '../data/tensor.js';

/** The names of weights, in the order in which each of Keras's layers makes its own. */
const NAMES = [
  ...['embeddings', 'alpha', 'gamma', 'beta', 'moving_mean', 'moving_variance'],
  ...['depthwise_kernel', 'pointwise_kernel', 'kernel', 'recurrent_kernel', 'bias'],
];

/**
 * The weights in the order in which Keras's layer makes them: the forward direction, then the backward one, each by names. Weights
 * with other names, such as numbers, keep their order within a direction.
 * @param layer the path of the layer, with which the names may begin.
 */
export function inOrderOfLayer(weights: readonly FileTensor[], layer: string): FileTensor[] {
  const keyed = weights.map((weight) => {
    const { name } = weight;
    const own = name.startsWith(`${layer}/`) ? name.slice(layer.length + 1) : name;
    return {
      weight,
      direction: Number(/(^|\/)backward_/.test(own)),
      rank: NAMES.indexOf(name.replace(/^.*\//, '').replace(/(_\d+)?(:\d+)?$/, '')),
    };
  });
  const areKnown = keyed.every(({ rank }) => rank >= 0);
  return keyed
    .sort((a, b) => a.direction - b.direction || (areKnown ? a.rank - b.rank : 0))
    .map(({ weight }) => weight);
}
