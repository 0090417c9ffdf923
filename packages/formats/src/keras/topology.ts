/** Models in the JSON of Keras 2: their layers, also those of models inside of models. */
import { describe, FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/json.js';
import type { KerasObject } from '../data/layers.js';

export const isKerasObject = (value: unknown): value is KerasObject =>
  isRecord(value) && typeof value.class_name === 'string' && isRecord(value.config);

export const MODEL_CLASSES: readonly string[] = ['Sequential', 'Model', 'Functional'];

/** The layers of a model, in order. @throws FormatError when the description has none. */
export function childLayers(model: KerasObject, file: string): readonly KerasObject[] {
  // Old Sequential models have a list in place of a configuration.
  const config: unknown = model.config;
  const list = Array.isArray(config) ? config : isRecord(config) ? config.layers : undefined;
  if (!Array.isArray(list)) {
    throw new FormatError(
      `${file}: the model '${model.class_name}' must have a list of layers, but has ${describe(list)}.`,
    );
  }
  return list.map((layer) => {
    if (isModelDescription(layer)) return layer;
    throw new FormatError(`${file}: a layer must have a class_name and a config, but is ${describe(layer)}.`);
  });
}

/** Whether a value of a file describes a model. Keras 2.2 has a list of layers in place of a Sequential's configuration. */
export const isModelDescription = (value: unknown): value is KerasObject =>
  isRecord(value) &&
  typeof value.class_name === 'string' &&
  (isRecord(value.config) || Array.isArray(value.config));

/** Whether a description is that of a model. */
export const isModel = ({ class_name }: KerasObject): boolean => MODEL_CLASSES.includes(class_name);

/** The model that a layer is, or that it applies to every time step; undefined for other layers. */
export function modelIn(layer: KerasObject): KerasObject | undefined {
  if (isModel(layer)) return layer;
  const inner = layer.config.layer;
  return layer.class_name === 'TimeDistributed' && isKerasObject(inner) && isModel(inner) ? inner : undefined;
}

/** The name of a layer in its model. */
export const layerName = ({ config, ...layer }: KerasObject): string => {
  const named = (isRecord(config) ? config.name : undefined) ?? (layer as JsonRecord).name;
  return typeof named === 'string' ? named : layer.class_name;
};

/** The same model with every layer changed, also inside of models and wrappers. */
export function mapLayers(
  model: KerasObject,
  change: (layer: KerasObject) => KerasObject,
  file: string,
): KerasObject {
  const layers = childLayers(model, file).map((layer) => {
    if (isModel(layer)) return mapLayers(layer, change, file);
    const inner = layer.config.layer;
    if (layer.class_name !== 'TimeDistributed' || !isKerasObject(inner)) return change(layer);
    const wrapped = isModel(inner) ? mapLayers(inner, change, file) : change(inner);
    return { ...layer, config: { ...layer.config, layer: wrapped } };
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
