/** What a file holds, as plain data: its layers with options and weights in Sluice's layout. */
import {
  type Cell,
  type CellFactory,
  cellFrom,
  cells,
  type JsonObject,
  type ParameterShape,
  type Plan,
  planFor,
  type SavedCell,
  type Sizes,
} from '@sluice/core';
import type { FloatArray } from '@sluice/core/layouts';
import { FormatError } from '../bytes/format-error.js';
import type { FileTensor } from './tensor.js';

/** The weights of one direction by the cell's parameter names: `kernel`, `recurrentKernel`, `bias`, … Flat arrays. */
export type CellWeights = { readonly [parameter: string]: FloatArray };

/** One direction of a recurrent layer. */
export interface Direction {
  /** Whether time runs from the last step to the first. */
  readonly goBackwards: boolean;
  readonly weights: CellWeights;
}

/** What a call of the layer returns and how; absent ones are false. */
export interface CallOptions {
  readonly returnSequences?: boolean;
  readonly returnState?: boolean;
  readonly stateful?: boolean;
  /** Whether inputs are `[timesteps, batch, features]` in the file's library. */
  readonly timeMajor?: boolean;
  /** Whether the output of a padded step is zero (PyTorch, ONNX) instead of repeated (Keras). */
  readonly zeroOutputForMask?: boolean;
}

/** A recurrent layer of a file. */
export interface RecurrentLayerData {
  readonly kind: 'recurrent';
  /** The name or path in the file. */
  readonly name: string;
  /** `cellFrom(cell)` makes it. */
  readonly cell: SavedCell & { readonly options: JsonObject };
  readonly sizes: Sizes;
  /** One direction, or two of a bidirectional layer. */
  readonly directions: readonly Direction[];
  /** How the outputs of two directions are merged. Default `concat`. */
  readonly mergeMode?: 'concat' | 'sum' | 'ave' | 'mul' | null;
  readonly call: CallOptions;
}

/** Any other layer with weights. */
export interface OtherLayerData {
  readonly kind: 'other';
  /** The name or path in the file. */
  readonly name: string;
  /** Keras's class name where the layer is one of Keras's (`Dense`, `Embedding`, `Conv1D`), else the file's own word. */
  readonly className: string;
  /** In Keras's order and layout if it is one of Keras's: Dense `kernel` is `[inputs, units]`. */
  readonly weights: readonly FileTensor[];
}

export type LayerData = RecurrentLayerData | OtherLayerData;

/** A layer of Keras as its JSON describes it. */
export interface KerasObject {
  readonly class_name: string;
  readonly config: { readonly [key: string]: unknown };
}

export type FormatName =
  | 'layers-model'
  | 'keras'
  | 'keras-h5'
  | 'safetensors'
  | 'pytorch'
  | 'onnx'
  | 'sru'
  | 'rtneural'
  | 'tfjs-checkpoint';

/** A model file as plain data. */
export interface ModelFile {
  readonly format: FormatName;
  /** The program that wrote it, if the file says so: `Keras 3.12.0`. */
  readonly producer?: string;
  /** The layers with weights, in the order of the model. A layer that is used twice is there once. */
  readonly layers: readonly LayerData[];
  /** Every array of the file, in its order, as stored. */
  readonly tensors: readonly FileTensor[];
  /**
   * The whole model in the JSON of Keras 2, which TensorFlow.js reads, if the file describes it. Classes have Keras's names
   * (`GRU`, not `SluiceGRU`); cells that Keras lacks have Sluice's (`SluiceSRU`).
   */
  readonly topology?: KerasObject;
  /** What was left out, a sentence each: the state of an optimizer, nodes that are not recurrent. */
  readonly notes: readonly string[];
}

/** Makes the cell that a file describes: `cellFrom` of `@sluice/core` makes any. */
export type MakeCell = (cell: RecurrentLayerData['cell']) => Cell;

/** Makes one of Sluice's cells. `cellFrom` would bring the checks of a user's equations into a page. */
export const makeKnownCell: MakeCell = ({ name, options }) => {
  if (Object.hasOwn(cells, name)) return (cells[name as keyof typeof cells] as CellFactory)(options);
  throw new FormatError(
    `'${name}' is not one of Sluice's cells. Pass cellFrom of @sluice/core to the reader.`,
  );
};

/**
 * A checked recurrent layer: every parameter of its cell has an array of the right length.
 * @param file the name of the file, for errors.
 * @param makeCell `cellFrom` where the cell may be a user's.
 * @throws FormatError when weights are missing, unknown or of the wrong length.
 */
export function recurrentLayer(
  layer: Omit<RecurrentLayerData, 'kind'>,
  file: string,
  makeCell: MakeCell = makeKnownCell,
): RecurrentLayerData {
  const parameters = makeCell(layer.cell).parameters(layer.sizes);
  for (const { weights } of layer.directions) checkWeights(layer.name, parameters, weights, file);
  return { kind: 'recurrent', ...layer };
}

/** The parameters of a layer's cell, with their shapes, in the cell's order. */
export const parametersOf = ({ cell, sizes }: Pick<RecurrentLayerData, 'cell' | 'sizes'>) =>
  cellFrom(cell).parameters(sizes);

function checkWeights(
  layer: string,
  parameters: readonly ParameterShape[],
  weights: CellWeights,
  file: string,
): void {
  for (const { name, shape } of parameters) {
    const expected = shape.reduce((product, size) => product * size, 1);
    const actual = weights[name]?.length;
    if (actual === expected) continue;
    throw new FormatError(
      `${file}: layer ${layer}: ${name} must have the shape [${shape.join(', ')}], ${expected} numbers, ` +
        `but ${actual === undefined ? 'is missing' : `has ${actual}`}.`,
    );
  }
  const known = parameters.map(({ name }) => name);
  const unknown = Object.keys(weights).filter((name) => weights[name] && !known.includes(name));
  if (unknown.length === 0) return;
  throw new FormatError(
    `${file}: layer ${layer}: its cell has no ${unknown.join(', ')}; it has ${known.join(', ')}.`,
  );
}

/** What an engine needs to run one direction of a layer. */
export interface LayerPlan {
  readonly plan: Plan;
  /** The weights in the plan's order, float32: `parameters.map(engine.upload)`. */
  readonly parameters: readonly Float32Array[];
  /** The value of `reverse` for `engine.forward`. */
  readonly reverse: boolean;
}

/**
 * The plan and weights of a layer's directions for `engine.forward` of any backend's engine.
 * @returns one plan, or two for a bidirectional layer.
 */
export function toPlan(layer: RecurrentLayerData): LayerPlan[] {
  const plan = planFor(cellFrom(layer.cell), layer.sizes);
  return layer.directions.map(({ goBackwards, weights }) => ({
    plan,
    parameters: plan.parameters.map(({ name }) => Float32Array.from(weights[name])),
    reverse: goBackwards,
  }));
}
