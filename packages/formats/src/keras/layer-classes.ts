/** Recurrent layers of Keras in the JSON of Keras 2: their cells and options. */
import type { JsonObject } from '@sluice/core';
import type { JsonRecord } from '../bytes/record.js';
import type { KerasObject, RecurrentLayerData } from '../data/layers.js';
import { toCamelCase } from '../data/names.js';
import type { FileTensor } from '../data/tensor.js';

export type CellDescription = RecurrentLayerData['cell'];

/** The classes of layers that a reader knows: Keras's, which are here, or also those of `sluice-classes.ts`. */
export interface LayerClasses {
  /** The cell of a recurrent layer's description; undefined for other layers. */
  readonly cellOf: (layer: KerasObject) => CellDescription | undefined;
  /** A layer with Keras's class name if Keras has it, and with all options written out. Wrappers stay as they are. */
  readonly canonicalLayer: (layer: KerasObject) => KerasObject;
  /** The weights of one direction in the layout of Keras's class for the cell. */
  readonly inKerasLayout: (
    cell: string,
    units: number,
    stored: readonly FileTensor[],
  ) => readonly FileTensor[];
}

/** Options of a cell by their names in files, with the value that a description without them means; null leaves the cell's own. */
export type CellOptions = Readonly<Record<string, unknown>>;

const SIMPLE = { activation: 'tanh', use_bias: true };
const GATED = { ...SIMPLE, recurrent_activation: 'sigmoid' };

/** Keras's classes: the cell and its options. Before Keras wrote `reset_after`, a GRU reset before the product. */
export const KERAS_CLASSES: ReadonlyMap<string, readonly [cell: string, options: CellOptions]> = new Map([
  ['SimpleRNN', ['simpleRnn', SIMPLE]],
  ['LSTM', ['lstm', GATED]],
  ['GRU', ['gru', { ...GATED, reset_after: false }]],
]);

/** A cell with the options that a configuration gives. */
export function describeCell(name: string, options: CellOptions, config: JsonRecord): CellDescription {
  const entries = Object.entries(options)
    .map(([option, missing]) => [toCamelCase(option), config[option] ?? missing])
    .filter(([, value]) => value != null);
  return { name, options: Object.fromEntries(entries) as JsonObject };
}

/** The configuration with the options of Keras's cell written out. */
export function complete({ class_name: className, config }: KerasObject): JsonRecord {
  const options = KERAS_CLASSES.get(className)?.[1] ?? {};
  const missing = Object.entries(options).filter(([name]) => config[name] == null);
  return { ...config, ...Object.fromEntries(missing) };
}

/** Keras's own classes. */
export const kerasClasses: LayerClasses = {
  cellOf: ({ class_name: className, config }) => {
    const found = KERAS_CLASSES.get(className);
    return found && describeCell(...found, config);
  },
  canonicalLayer: (layer) => ({ ...layer, config: complete(layer) }),
  inKerasLayout: (_cell, _units, stored) => stored,
};
