/** Layers of Keras, TensorFlow.js and Sluice in the JSON of Keras 2: their cells, and one canonical spelling. */
import type { CellData, JsonObject } from '@sluice/core';
import { FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/json.js';
import type { CallOptions, KerasObject, RecurrentLayerData } from '../data/layers.js';
import { toCamelCase, toSnakeCase } from '../data/names.js';
import { isKerasObject, mapLayers } from './topology.js';

/** Whether a version of Keras, as files name it, is 3 or later. */
export const isKeras3 = (version: unknown): boolean => Number(String(version ?? 2).split('.')[0]) >= 3;

/** A recurrent class: Sluice's cell, and its options in a configuration. */
interface RecurrentClass {
  readonly cell: string;
  /** Options of the cell with the value that a configuration without them means; null leaves the cell's own default. */
  readonly options: Readonly<Record<string, unknown>>;
}

const SIMPLE = { activation: 'tanh', useBias: true };
const GATED = { ...SIMPLE, recurrentActivation: 'sigmoid' };

/** Keras's classes. Before Keras wrote `reset_after`, a GRU reset before the product. */
const KERAS_CLASSES: Readonly<Record<string, RecurrentClass>> = {
  SimpleRNN: { cell: 'simpleRnn', options: SIMPLE },
  LSTM: { cell: 'lstm', options: GATED },
  GRU: { cell: 'gru', options: { ...GATED, resetAfter: false } },
};

const SRU = [
  'version',
  'highway',
  'activation',
  'rescale',
  'highwayBias',
  'scale',
  'projectSkip',
  'recurrence',
];
const noDefaults = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));

/** Sluice's classes, with options that Keras's lack. */
const SLUICE_CLASSES: Readonly<Record<string, RecurrentClass>> = {
  SluiceSimpleRNN: { cell: 'simpleRnn', options: { ...SIMPLE, clip: null } },
  SluiceLSTM: {
    cell: 'lstm',
    options: {
      ...GATED,
      ...noDefaults(['outputActivation', 'peephole', 'inputForget', 'projection', 'layerNorm', 'clip']),
    },
  },
  SluiceGRU: {
    cell: 'gru',
    options: { ...GATED, resetAfter: true, ...noDefaults(['update', 'layerNorm', 'clip']) },
  },
  SluiceSRU: { cell: 'sru', options: { ...noDefaults(SRU), useBias: null } },
};

const recurrentClass = (className: string): RecurrentClass | undefined => {
  const classes = { ...KERAS_CLASSES, ...SLUICE_CLASSES };
  return Object.hasOwn(classes, className) ? classes[className] : undefined;
};

/** The cell of a recurrent layer's description; undefined for other layers. */
export function cellOf({ class_name, config }: KerasObject): RecurrentLayerData['cell'] | undefined {
  if (class_name === 'SluiceRNN') return ownCellOf(config);
  const found = recurrentClass(class_name);
  if (!found) return undefined;
  const entries = Object.entries(found.options).map(([name, missing]) => {
    return [name, optionValue(config[toSnakeCase(name)] ?? missing)] as const;
  });
  return {
    name: found.cell,
    options: Object.fromEntries(entries.filter(([, value]) => value != null)) as JsonObject,
  };
}

/** A cell of the user: its name, its options and equations as texts that no conversion changes. */
function ownCellOf(config: JsonRecord): RecurrentLayerData['cell'] | undefined {
  const { cell } = config;
  if (!isRecord(cell) || typeof cell.name !== 'string' || typeof cell.options !== 'string') return undefined;
  const options = parseText(cell.name, cell.options) as JsonObject;
  if (cell.definition == null) return { name: toCamelCase(cell.name), options };
  const definition = parseText(cell.name, cell.definition) as CellData;
  return { name: definition?.name, options, definition };
}

function parseText(cell: string, text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch (error) {
    throw new FormatError(
      `The configuration of the cell '${cell}' is no JSON: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

/** An activation with parameters has its name in snake case in files. */
const optionValue = (value: unknown): unknown =>
  isRecord(value) && typeof value.name === 'string' ? { ...value, name: toCamelCase(value.name) } : value;

/** What a call of the layer returns. */
export function callOptionsOf(config: JsonRecord): CallOptions {
  const flags = {
    returnSequences: config.return_sequences,
    returnState: config.return_state,
    stateful: config.stateful,
    timeMajor: config.time_major,
    zeroOutputForMask: config.zero_output_for_mask,
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value === true));
}

/** Keras 2's classes for cuDNN. They store the weights in another layout, see `fromCudnn`. */
const CUDNN_CLASSES: Readonly<Record<string, KerasObject>> = {
  CuDNNGRU: {
    class_name: 'GRU',
    config: { activation: 'tanh', recurrent_activation: 'sigmoid', reset_after: true, use_bias: true },
  },
  CuDNNLSTM: {
    class_name: 'LSTM',
    config: { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true },
  },
};

/** Sluice's options that Keras's class lacks; with these values both are the same. */
const SAME_AS_KERAS: Readonly<Record<string, { to: string; values: Readonly<Record<string, unknown>> }>> = {
  SluiceSimpleRNN: { to: 'SimpleRNN', values: { clip: null } },
  SluiceLSTM: {
    to: 'LSTM',
    values: {
      output_activation: null,
      peephole: false,
      input_forget: false,
      projection: null,
      layer_norm: false,
      clip: null,
    },
  },
  SluiceGRU: { to: 'GRU', values: { update: 'keep', layer_norm: false, clip: null } },
  SluiceEmbedding: { to: 'Embedding', values: {} },
  SluiceZeroPadding1D: { to: 'ZeroPadding1D', values: {} },
};

/** A model with Keras's class names and all options written out, see `canonicalLayer`. */
export const canonicalTopology = (model: KerasObject, repeatsPadded: boolean, file: string): KerasObject =>
  mapLayers(model, (layer) => canonicalLayer(layer, repeatsPadded), file);

/**
 * A layer with Keras's class name if Keras has it, and with all options written out.
 * @param repeatsPadded whether a `Bidirectional` without `zero_output_for_mask` repeats outputs at padded steps, as
 *   TensorFlow.js does. In Keras they are zero.
 */
export function canonicalLayer(layer: KerasObject, repeatsPadded: boolean): KerasObject {
  const { class_name, config } = layer;
  if (Object.hasOwn(CUDNN_CLASSES, class_name)) {
    const { class_name: same, config: options } = CUDNN_CLASSES[class_name];
    return { ...layer, class_name: same, config: { ...config, ...options } };
  }
  if (/^(Sluice)?Bidirectional$/.test(class_name)) return canonicalWrapper(layer, repeatsPadded);
  const same = Object.hasOwn(SAME_AS_KERAS, class_name) ? SAME_AS_KERAS[class_name] : undefined;
  const isSame = Object.entries(same?.values ?? {}).every(
    ([name, value]) => (config[name] ?? value) === value,
  );
  const hasNames = ['activation', 'recurrent_activation'].every((name) => !isRecord(config[name]));
  if (same && isSame && hasNames) {
    const renamed = Object.entries(config).filter(
      ([name]) => !Object.hasOwn(same.values, name) && name !== 'seed',
    );
    return { ...layer, class_name: same.to, config: complete(same.to, Object.fromEntries(renamed)) };
  }
  return { ...layer, config: complete(class_name, config) };
}

/** The configuration with the cell's options written out. */
function complete(className: string, config: JsonRecord): JsonRecord {
  const defaults = Object.hasOwn(KERAS_CLASSES, className) ? KERAS_CLASSES[className].options : {};
  const missing = Object.entries(defaults).map(([name, value]) => [toSnakeCase(name), value] as const);
  const entries = Object.entries(config).map(([name, value]) => [name, withKerasName(value)] as const);
  return {
    ...Object.fromEntries(entries),
    ...Object.fromEntries(missing.filter(([name]) => config[name] == null)),
  };
}

/** Sluice's orthogonal initializer is a faster one with the options of Keras's. */
const withKerasName = (value: unknown): unknown =>
  isKerasObject(value) && value.class_name === 'SluiceOrthogonal'
    ? { ...value, class_name: 'Orthogonal' }
    : value;

/** Sluice's wrapper saves its inner layers with the prefix of their direction. */
const withoutDirection = (layer: KerasObject): KerasObject => ({
  ...layer,
  config: { ...layer.config, name: String(layer.config.name).replace(/^(forward|backward)_/, '') },
});

function canonicalWrapper(layer: KerasObject, repeatsPadded: boolean): KerasObject {
  const { config } = layer;
  const inner = (name: string) => {
    const wrapped = config[name];
    return isKerasObject(wrapped) ? { [name]: withoutDirection(canonicalLayer(wrapped, repeatsPadded)) } : {};
  };
  const wrapped = config.layer;
  const sequences = isKerasObject(wrapped) && wrapped.config.return_sequences === true;
  const zero = config.zero_output_for_mask ?? (sequences && !repeatsPadded);
  return {
    ...layer,
    class_name: 'Bidirectional',
    config: { ...config, ...inner('layer'), ...inner('backward_layer'), zero_output_for_mask: zero },
  };
}
