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
  const own = weights.map(({ name }) => (name.startsWith(`${layer}/`) ? name.slice(layer.length + 1) : name));
  const ranks = own.map((name) => NAMES.indexOf(name.replace(/^.*\//, '').replace(/(_\d+)?(:\d+)?$/, '')));
  const areKnown = !ranks.includes(-1);
  const isBackward = own.map((name) => Number(/(^|\/)backward_/.test(name)));
  return weights
    .map((weight, i) => ({ weight, key: 100 * isBackward[i] + (areKnown ? ranks[i] : 0) }))
    .sort((a, b) => a.key - b.key)
    .map(({ weight }) => weight);
}
