/** The layers of a model in the JSON of Keras 2, also those of models inside of it. */
import { isRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';
import { childLayers, isKerasObject, isModel, layerName } from './topology.js';

/** The model that a layer is, or that it applies to every time step; undefined for other layers. */
export function modelIn(layer: KerasObject): KerasObject | undefined {
  if (isModel(layer)) return layer;
  const inner = layer.config.layer;
  return layer.class_name === 'TimeDistributed' && isKerasObject(inner) && isModel(inner) ? inner : undefined;
}

/** The same model with every layer changed, also inside of models and wrappers. */
export function mapLayers(
  model: KerasObject,
  change: (layer: KerasObject) => KerasObject,
  file: string,
): KerasObject {
  const changed = (layer: KerasObject) => (isModel(layer) ? mapLayers(layer, change, file) : change(layer));
  const layers = childLayers(model, file).map((layer) => {
    const inner = layer.config.layer;
    return layer.class_name === 'TimeDistributed' && isKerasObject(inner)
      ? { ...layer, config: { ...layer.config, layer: changed(inner) } }
      : changed(layer);
  });
  const config: unknown = model.config;
  return { ...model, config: isRecord(config) ? { ...config, layers } : { layers } };
}

/** A layer that is no model, with its path: `encoder/gru_1`; of a model in TimeDistributed `time_distributed/gru_1`. */
export interface Leaf {
  readonly path: string;
  readonly layer: KerasObject;
}

/** All layers that are no models, in order; a model that is used twice is there once. */
export function leavesOf(model: KerasObject, file: string, scope = ''): Leaf[] {
  return childLayers(model, file).flatMap((layer) => {
    const path = scope + layerName(layer);
    const inner = modelIn(layer);
    return inner ? leavesOf(inner, file, `${path}/`) : [{ path, layer }];
  });
}

/** Whether a layer marks steps as padded. */
export const hasMasks = (model: KerasObject): boolean =>
  leavesOf(model, 'the model').some(
    ({ layer }) => layer.class_name === 'Masking' || layer.config.mask_zero === true,
  );

/** Keras's GlobalAveragePooling1D, which leaves padded steps out. TensorFlow.js's layer of Keras's name counts them. */
export const MASKED_AVERAGE = 'SluiceGlobalAveragePooling1D';
