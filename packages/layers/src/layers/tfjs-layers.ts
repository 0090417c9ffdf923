import { layers } from '@tensorflow/tfjs-layers';
import type { OneOutput } from './layer-inputs.js';

type DenseArgs = Parameters<typeof layers.dense>[0];
type DropoutArgs = Parameters<typeof layers.dropout>[0];

let warned = false;

/**
 * TensorFlow.js's own layers that most recurrent models need, so that one import does.
 *
 * A `dense` with a constraint gives a warning, once: TensorFlow.js applies the constraints of its layers when weights
 * are loaded, and not while it trains.
 */
export function dense(args: DenseArgs): OneOutput & layers.Layer {
  const layer = layers.dense(args) as OneOutput & layers.Layer;
  if (!warned && (args.kernelConstraint ?? args.biasConstraint) != null) {
    warned = true;
    console.warn(
      `${layer.name}: TensorFlow.js does not apply the constraints of its own layers while it trains, only when weights ` +
        "are loaded; those of Sluice's layers act after every update.",
    );
  }
  return layer;
}

export const dropout = layers.dropout as (args: DropoutArgs) => OneOutput & layers.Layer;
