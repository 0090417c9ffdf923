import { layers } from '@tensorflow/tfjs-layers';
import type { OneOutput } from './layer-inputs.js';

type DenseArgs = Parameters<typeof layers.dense>[0];
type DropoutArgs = Parameters<typeof layers.dropout>[0];

let warned = false;

/**
 * TensorFlow.js's dense layer, exported here so that most recurrent models need one import.
 *
 * The first dense layer with a constraint causes a warning: TensorFlow.js applies the constraints of its own layers when
 * weights are loaded, not during training.
 */
export function dense(args: DenseArgs): OneOutput & layers.Layer {
  const layer = layers.dense(args) as OneOutput & layers.Layer;
  if (!warned && (args.kernelConstraint ?? args.biasConstraint) != null) {
    warned = true;
    console.warn(
      `${layer.name}: TensorFlow.js applies the constraints of its own layers only when weights are loaded, not during ` +
        "training. The constraints of Sluice's layers are applied after every update.",
    );
  }
  return layer;
}

/** TensorFlow.js's dropout layer. */
export const dropout = layers.dropout as (args: DropoutArgs) => OneOutput & layers.Layer;
