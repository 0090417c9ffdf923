/** The names that TensorFlow.js gives to the weights of its layers. Other formats number them. */
import type { JsonRecord } from '../bytes/record.js';
import type { KerasObject, OtherLayerData } from '../data/layers.js';
import { isKerasObject } from '../keras/topology.js';

const NORMALIZATION = ['gamma', 'beta'];

/** In the order of Keras's `get_weights`. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  Embedding: ['embeddings'],
  PReLU: ['alpha'],
  LayerNormalization: NORMALIZATION,
  BatchNormalization: [...NORMALIZATION, 'moving_mean', 'moving_variance'],
  DepthwiseConv2D: ['depthwise_kernel', 'bias'],
  SeparableConv1D: ['depthwise_kernel', 'pointwise_kernel', 'bias'],
  SeparableConv2D: ['depthwise_kernel', 'pointwise_kernel', 'bias'],
  ConvLSTM2D: ['kernel', 'recurrent_kernel', 'bias'],
};

/**
 * The names of a layer's weights without the layer's name. Those of a class that TensorFlow.js lacks are the stored ones.
 * @param description of the layer in the topology.
 */
export function weightNames({ weights }: OtherLayerData, description: KerasObject | undefined): string[] {
  const inner = description?.config.layer;
  const { class_name: className, config } = isKerasObject(inner) ? inner : (description ?? NO_LAYER);
  const known = Object.hasOwn(NAMES, className)
    ? NAMES[className].filter((name) => hasWeight(name, config))
    : /^(Dense|Conv[123]D(Transpose)?)$/.test(className)
      ? ['kernel', 'bias']
      : [];
  return weights.map(({ name }, i) => {
    return known.length >= weights.length ? known[i] : (name.split('/').at(-1) as string);
  });
}

const NO_LAYER: KerasObject = { class_name: '', config: {} };

const hasWeight = (name: string, { scale, center }: JsonRecord): boolean =>
  !((name === 'gamma' && scale === false) || (name === 'beta' && center === false));
