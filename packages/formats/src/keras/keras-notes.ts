/** What a user should know about a model of Keras before it runs in TensorFlow.js. */
import { isRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';
import { hasMasks, leavesOf, modelIn } from './inner-models.js';
import { childLayers, layerName } from './topology.js';

/** Layers that use a mask, or pass it on, in TensorFlow.js as in Keras. */
const SAME_MASKS =
  /^(InputLayer|Embedding|Masking|GRU|LSTM|SimpleRNN|RNN|Bidirectional|TimeDistributed|Dense|Activation|(Spatial|Alpha|Gaussian)?Dropout(1D)?|GaussianNoise|(Layer|Batch)Normalization|ReLU|PReLU|GlobalAveragePooling1D)$/;

/** The notes, a sentence each. @param described the model as the file describes it, before any conversion. */
export function notesOn(described: KerasObject, topology: KerasObject, file: string): string[] {
  return [...noteOnTypes(described, file), ...noteOnMasks(topology, file)];
}

function noteOnTypes(described: KerasObject, file: string): string[] {
  const layers = leavesOf(described, file).filter(({ layer }) => /float16/.test(typeOf(layer.config.dtype)));
  if (layers.length === 0) return [];
  const names = layers.map(({ path, layer }) => `${path} (${typeOf(layer.config.dtype)})`);
  return [`Layers that compute with 16 bits in Keras run in float32: ${names.join(', ')}.`];
}

/** The name of a layer's type or policy of types. */
const typeOf = (dtype: unknown): string =>
  String(isRecord(dtype) && isRecord(dtype.config) ? dtype.config.name : dtype);

function noteOnMasks(topology: KerasObject, file: string): string[] {
  if (!hasMasks(topology)) return [];
  const inner = childLayers(topology, file).filter(modelIn).map(layerName);
  const others = leavesOf(topology, file).filter(({ layer }) => !SAME_MASKS.test(layer.class_name));
  const names = [...new Set([...inner, ...others.map(({ path }) => path)])];
  if (names.length === 0) return [];
  return [
    `The model has masks, which TensorFlow.js may pass on in another way at ${names.join(', ')}. A model.json made from this ` +
      'file may then give other numbers. loadModel of @sluice/layers checks the file itself, and refuses it if they differ.',
  ];
}
