/** Models in the JSON of Keras 2: their layers and names. */
import { describe, FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';

export const isKerasObject = (value: unknown): value is KerasObject =>
  isRecord(value) && typeof value.class_name === 'string' && isRecord(value.config);

export const MODEL_CLASSES: readonly string[] = ['Sequential', 'Model', 'Functional'];

/** The layers of a model, in order. @throws FormatError when the description has none. */
export function childLayers(model: KerasObject, file: string): readonly KerasObject[] {
  // Old Sequential models have a list in place of a configuration.
  const config: unknown = model.config;
  const list = Array.isArray(config) ? config : (config as JsonRecord | undefined)?.layers;
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

/** The name of a layer in its model. */
export const layerName = ({ config, ...layer }: KerasObject): string => {
  const named = config?.name ?? (layer as JsonRecord).name;
  return typeof named === 'string' ? named : layer.class_name;
};
