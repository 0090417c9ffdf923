/** Layers of Sluice and of cuDNN in the JSON of Keras 2, beside Keras's. A page loads them for models that have some. */
import type { CellData, JsonObject } from '@sluice/core';
import { FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';
import { toCamelCase } from '../data/names.js';
import { fromCudnn, isCudnn } from './cudnn.js';
import {
  type CellDescription,
  type CellOptions,
  complete,
  describeCell,
  KERAS_CLASSES,
  kerasClasses,
  type LayerClasses,
} from './layer-classes.js';
import { isKerasObject } from './topology.js';

/** Options that Sluice's class has and Keras's lacks. With these values both are the same. */
const ADDED: Readonly<Record<string, CellOptions>> = {
  SluiceSimpleRNN: { clip: null },
  SluiceLSTM: {
    output_activation: null,
    peephole: false,
    input_forget: false,
    projection: null,
    layer_norm: false,
    clip: null,
  },
  SluiceGRU: { update: 'keep', layer_norm: false, groups: null, clip: null },
  SluiceEmbedding: {},
  SluiceZeroPadding1D: {},
};

/** Keras 2's classes for cuDNN. They have fixed options and store the weights in another layout, see `fromCudnn`. */
const CUDNN_CLASSES = ['CuDNNGRU', 'CuDNNLSTM'];
const CUDNN_OPTIONS = { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true };

const SRU = [
  ...['version', 'highway', 'activation', 'rescale', 'highway_bias', 'scale', 'project_skip', 'recurrence'],
  ...['projection', 'layer_norm', 'normalize_after', 'use_bias'],
];

const cellsOwn = (names: readonly string[]): CellOptions =>
  Object.fromEntries(names.map((name) => [name, null]));

/** An activation with parameters has its name in snake case in files. */
const withCamelCase = (value: unknown): unknown =>
  isRecord(value) && typeof value.name === 'string' ? { ...value, name: toCamelCase(value.name) } : value;

/** A cell with options that may be activations with parameters. */
function describeSluiceCell(cell: string, options: CellOptions, config: JsonRecord): CellDescription {
  const described = describeCell(cell, options, config);
  const entries = Object.entries(described.options).map(([name, value]) => [name, withCamelCase(value)]);
  return { ...described, options: Object.fromEntries(entries) as JsonObject };
}

function cellOf(layer: KerasObject): CellDescription | undefined {
  const { class_name: className, config } = layer;
  if (className === 'SluiceRNN') return ownCellOf(config);
  if (className === 'SluiceSRU') return describeSluiceCell('sru', cellsOwn(SRU), config);
  const same = KERAS_CLASSES.get(className.replace('Sluice', ''));
  if (!same || !Object.hasOwn(ADDED, className)) return kerasClasses.cellOf(layer);
  const [cell, options] = same;
  const reset = 'reset_after' in options ? { reset_after: true } : {};
  return describeSluiceCell(
    cell,
    { ...options, ...reset, ...cellsOwn(Object.keys(ADDED[className])) },
    config,
  );
}

/** A cell of the user: its name, its options and equations as texts that no conversion changes. */
function ownCellOf({ cell }: JsonRecord): CellDescription | undefined {
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
      { cause: error },
    );
  }
}

function canonicalLayer(layer: KerasObject): KerasObject {
  const { class_name: className } = layer;
  const config = Object.fromEntries(
    Object.entries(layer.config).map(([name, value]) => [name, withKerasName(value)]),
  );
  if (CUDNN_CLASSES.includes(className)) {
    const reset = className === 'CuDNNGRU' ? { reset_after: true } : {};
    return { ...layer, class_name: className.slice(5), config: { ...config, ...CUDNN_OPTIONS, ...reset } };
  }
  const added = Object.hasOwn(ADDED, className) ? ADDED[className] : undefined;
  const isSame = Object.entries(added ?? {}).every(([name, value]) => (config[name] ?? value) === value);
  const hasNames = ['activation', 'recurrent_activation'].every((name) => !isRecord(config[name]));
  if (!added || !isSame || !hasNames)
    return { ...layer, config: complete({ class_name: className, config }) };
  const kept = Object.entries(config).filter(([name]) => !Object.hasOwn(added, name) && name !== 'seed');
  const same = { class_name: className.replace('Sluice', ''), config: Object.fromEntries(kept) };
  return { ...layer, ...same, config: complete(same) };
}

/** Sluice's orthogonal initializer is a faster one with the options of Keras's. */
const withKerasName = (value: unknown): unknown =>
  isKerasObject(value) && value.class_name === 'SluiceOrthogonal'
    ? { ...value, class_name: 'Orthogonal' }
    : value;

/** The classes of Keras, Sluice and cuDNN. */
export const allClasses: LayerClasses = {
  cellOf,
  canonicalLayer,
  inKerasLayout: (cell, units, stored) =>
    isCudnn(cell, units, stored) ? fromCudnn(cell, units, stored) : stored,
};
