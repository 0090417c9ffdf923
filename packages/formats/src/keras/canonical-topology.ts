/** One canonical spelling of models in the JSON of Keras 2. */
import type { KerasObject } from '../data/layers.js';
import { mapLayers } from './inner-models.js';
import type { LayerClasses } from './layer-classes.js';
import { isKerasObject } from './topology.js';

/** Whether a version of Keras, as files name it, is 3 or later. */
export const isKeras3 = (version: unknown): boolean => Number.parseInt(String(version), 10) >= 3;

/**
 * A model with Keras's class names and all options written out.
 * @param repeatsPadded whether a `Bidirectional` without `zero_output_for_mask` repeats outputs at padded steps, as
 *   TensorFlow.js does. In Keras they are zero.
 */
export function canonicalTopology(
  model: KerasObject,
  classes: LayerClasses,
  repeatsPadded: boolean,
  file: string,
): KerasObject {
  const canonical = (layer: KerasObject): KerasObject => {
    const { class_name: className, config } = layer;
    if (!/^(Sluice)?Bidirectional$/.test(className)) return classes.canonicalLayer(layer);
    const inner = ['layer', 'backward_layer'].flatMap((name) => {
      const wrapped = config[name];
      return isKerasObject(wrapped) ? [[name, withoutDirection(canonical(wrapped))]] : [];
    });
    const zero =
      config.zero_output_for_mask ??
      (!repeatsPadded && isKerasObject(config.layer) && config.layer.config.return_sequences === true);
    return {
      ...layer,
      class_name: 'Bidirectional',
      config: { ...config, ...Object.fromEntries(inner), zero_output_for_mask: zero },
    };
  };
  return mapLayers(model, canonical, file);
}

/** Sluice's wrapper saves its inner layers with the prefix of their direction. */
const withoutDirection = (layer: KerasObject): KerasObject => ({
  ...layer,
  config: { ...layer.config, name: String(layer.config.name).replace(/^(forward|backward)_/, '') },
});
