/** Copies of weights from a model to one with the same layers, of which some have other classes. */
import { Variable } from '@tensorflow/tfjs-core';
import { LayersModel, type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { leavesOf } from './acceleration.js';

/**
 * Refuses a model in which two layers share weights, because their copies would train apart. A layer that is used twice within
 * one model is one layer.
 * @throws Error naming both.
 */
export function checkSharedWeights(model: LayersModel): void {
  const owners = new Map<LayerVariable, string>();
  for (const [path, layer] of leavesOf(model)) {
    for (const weight of layer.weights) {
      const owner = owners.get(weight);
      if (owner !== undefined && owner !== path) {
        throw new Error(
          `accelerate: ${owner} and ${path} share the weight ${weight.originalName}, but their copies would not. ` +
            'Use the layer in one of the inner models only, or build the model with the functions of @sluice/layers.',
        );
      }
      owners.set(weight, path);
    }
  }
}

/** Copies the weights of a model or layer, and which of them are trained. */
export function copyWeights(from: layers.Layer, to: layers.Layer): void {
  // A wrapper or model sets `trainable` of its layers, so theirs come after.
  to.trainable = from.trainable && cellOf(from)?.trainable !== false;
  const parts = partsOf(from);
  const targets = partsOf(to);
  if (parts.length > 0) {
    parts.forEach((part, i) => {
      copyWeights(part, targets.find(({ name }) => name === part.name) ?? targets[i]);
    });
    return;
  }
  const weights = ownWeights(to);
  ownWeights(from).forEach((weight, i) => {
    // A weight's own `write` applies its constraint, though the numbers to copy may violate it.
    Variable.prototype.assign.call(weights[i].read(), weight.read());
    weights[i].trainable = weight.trainable;
  });
}

/** The layers of a model or a wrapper. */
function partsOf(layer: layers.Layer): layers.Layer[] {
  if (layer instanceof LayersModel) return layer.layers;
  const { forwardLayer, backwardLayer, layer: inner } = layer as unknown as Record<string, unknown>;
  // TensorFlow.js's Bidirectional also keeps the layer that it was made from.
  const parts = forwardLayer === undefined ? [inner] : [forwardLayer, backwardLayer];
  return parts.filter((part) => part instanceof layers.Layer);
}

/** The cell of TensorFlow.js's recurrent layers, which owns their weights. */
function cellOf(layer: layers.Layer): layers.Layer | undefined {
  const { cell } = layer as unknown as { cell?: unknown };
  return cell instanceof layers.Layer ? cell : undefined;
}

/** The weights in the order of `build`; `layer.weights` has those that are trained first. */
function ownWeights(layer: layers.Layer): LayerVariable[] {
  const { _trainableWeights, _nonTrainableWeights } = (cellOf(layer) ?? layer) as unknown as {
    readonly _trainableWeights: LayerVariable[];
    readonly _nonTrainableWeights: LayerVariable[];
  };
  const own = [..._trainableWeights, ..._nonTrainableWeights];
  // Layers that own other layers, such as stacked cells, collect their weights.
  return own.length === layer.weights.length ? own : layer.weights;
}
