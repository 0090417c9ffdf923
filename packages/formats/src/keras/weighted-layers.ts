/** The layers of a model in the JSON of Keras 2, with their weights. */
import { cellFrom, type ParameterShape, type Sizes } from '@sluice/core';
import { describe, FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/json.js';
import type { KerasObject, LayerData, RecurrentLayerData } from '../data/layers.js';
import { type CellWeights, recurrentLayer } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { fromCudnn, isCudnn } from './cudnn.js';
import { callOptionsOf, cellOf } from './layer-classes.js';
import { isKerasObject, leavesOf } from './topology.js';
import { inOrderOfLayer } from './weight-order.js';

/**
 * The layers of a model with their weights.
 * @param weightsOf the weights of a layer by its path, by names or in Keras's order.
 * @throws FormatError naming every layer that cannot be read.
 */
export function layersOf(
  model: KerasObject,
  weightsOf: (path: string) => readonly FileTensor[],
  file: string,
): LayerData[] {
  const problems: string[] = [];
  const layers = leavesOf(model, file).flatMap(({ path, layer }) => {
    try {
      return readLayer(path, layer, inOrderOfLayer(weightsOf(path), path), file);
    } catch (error) {
      problems.push((error as Error).message.replace(`${file}: `, ''));
      return [];
    }
  });
  if (problems.length > 0) throw new FormatError(`${file}: ${problems.join('\n')}`);
  return layers;
}

function readLayer(
  path: string,
  layer: KerasObject,
  weights: readonly FileTensor[],
  file: string,
): LayerData[] {
  const { class_name: className, config } = layer;
  if (className === 'Bidirectional') return [readBidirectional(path, config, weights, file)];
  const cell = cellOfLayer(layer);
  if (cell) {
    const directions = [
      { goBackwards: config.go_backwards === true, ...named(path, cell, config, weights, file) },
    ];
    return [toRecurrent(path, cell, directions, config, file)];
  }
  return weights.length > 0 ? [{ kind: 'other', name: path, className, weights }] : [];
}

type CellDescription = NonNullable<ReturnType<typeof cellOf>>;

const cellOfLayer = (layer: KerasObject): CellDescription | undefined =>
  cellOf(layer) ?? cellOfWrapper(layer);

/** The cell of an RNN with one cell. */
function cellOfWrapper({ class_name, config }: KerasObject): CellDescription | undefined {
  const { cell } = config;
  if (class_name !== 'RNN' || !isKerasObject(cell)) return undefined;
  return cellOf({ class_name: cell.class_name.replace(/Cell$/, ''), config: cell.config });
}

function readBidirectional(
  path: string,
  config: JsonRecord,
  weights: readonly FileTensor[],
  file: string,
): RecurrentLayerData {
  const forward = config.layer;
  const cell = isKerasObject(forward) ? cellOfLayer(forward) : undefined;
  if (!isKerasObject(forward) || !cell) {
    const inner = isRecord(forward) ? forward.class_name : forward;
    throw new FormatError(
      `${file}: ${path} wraps ${describe(inner)}, which is no recurrent layer that Sluice knows.`,
    );
  }
  const backward = isKerasObject(config.backward_layer) ? config.backward_layer : undefined;
  const backwardCell = backward && cellOfLayer(backward);
  if (backwardCell && JSON.stringify(backwardCell) !== JSON.stringify(cell)) {
    throw new FormatError(
      `${file}: ${path} has different cells in its two directions, which Sluice cannot hold.`,
    );
  }
  const goBackwards = forward.config.go_backwards === true;
  const half = weights.length / 2;
  const directions = [weights.slice(0, half), weights.slice(half)].map((part, i) => ({
    goBackwards: i === 0 ? goBackwards : !goBackwards,
    ...named(path, cell, forward.config, part, file),
  }));
  const mergeMode = config.merge_mode === undefined ? 'concat' : config.merge_mode;
  if (!isMergeMode(mergeMode)) {
    throw new FormatError(
      `${file}: ${path} has the merge_mode ${describe(mergeMode)}. Sluice has ${MERGE_MODES.join(', ')} and null.`,
    );
  }
  const call = { ...forward.config, zero_output_for_mask: config.zero_output_for_mask };
  return { ...toRecurrent(path, cell, directions, call, file), mergeMode };
}

const MERGE_MODES = ['concat', 'sum', 'ave', 'mul'];

const isMergeMode = (value: unknown): value is RecurrentLayerData['mergeMode'] =>
  value === null || (typeof value === 'string' && MERGE_MODES.includes(value));

/** The weights of one direction by the cell's names, and the sizes that they have. */
function named(
  path: string,
  cell: CellDescription,
  config: JsonRecord,
  stored: readonly FileTensor[],
  file: string,
): { weights: CellWeights; sizes: Sizes } {
  const inner = isKerasObject(config.cell) ? config.cell.config : config;
  const units = inner.units;
  const inputSize = stored[0]?.shape[0];
  if (!(Number.isSafeInteger(units) && (units as number) > 0)) {
    throw new FormatError(
      `${file}: ${path}: units must be a positive whole number, but is ${describe(units)}.`,
    );
  }
  if (!inputSize) throw new FormatError(`${file}: ${path}: its weights are missing.`);
  // The first array of a user's cell need not have a row for each feature.
  const sizes = { inputSize: cell.definition?.inputSize ?? inputSize, units: units as number };
  const isOfCudnn = isCudnn(cell.name, sizes.units, stored);
  const weights = isOfCudnn ? fromCudnn(cell.name, sizes.units, stored) : stored;
  const parameters = parametersFrom(cell, sizes, `${file}: ${path}`);
  if (parameters.length !== weights.length) {
    const found = weights.map(({ name }) => name).join(', ');
    throw new FormatError(
      `${file}: ${path}: its cell has the weights ${parameters.map(({ name }) => name).join(', ')}, but the file has ${found}.`,
    );
  }
  const entries = parameters.map(({ name }, i) => {
    const { values } = weights[i];
    return [name, values instanceof Int32Array ? Float32Array.from(values) : values] as const;
  });
  return { weights: Object.fromEntries(entries), sizes };
}

function parametersFrom(cell: CellDescription, sizes: Sizes, where: string): readonly ParameterShape[] {
  try {
    return cellFrom(cell).parameters(sizes);
  } catch (error) {
    if (cell.definition === undefined) throw error;
    throw new FormatError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

function toRecurrent(
  name: string,
  cell: CellDescription,
  directions: readonly { goBackwards: boolean; weights: CellWeights; sizes: Sizes }[],
  config: JsonRecord,
  file: string,
): RecurrentLayerData {
  return recurrentLayer(
    {
      name,
      cell,
      sizes: directions[0].sizes,
      directions: directions.map(({ goBackwards, weights }) => ({ goBackwards, weights })),
      call: callOptionsOf(config),
    },
    file,
  );
}
