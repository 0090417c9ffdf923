/** The layers of a model in the JSON of Keras 2, with their weights. */
import type { Sizes } from '@sluice/core';
import { describe, FormatError } from '../bytes/format-error.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { CallOptions, KerasObject, LayerData, MakeCell, RecurrentLayerData } from '../data/layers.js';
import { type CellWeights, recurrentLayer } from '../data/layers.js';
import { toCamelCase } from '../data/names.js';
import type { FileTensor } from '../data/tensor.js';
import { leavesOf } from './inner-models.js';
import type { CellDescription, LayerClasses } from './layer-classes.js';
import { isKerasObject } from './topology.js';
import { inOrderOfLayer } from './weight-order.js';

/**
 * The layers of a model with their weights.
 * @param weightsOf the weights of a layer by its path, by names or in Keras's order.
 * @throws FormatError naming every layer that cannot be read.
 */
export function layersOf(
  model: KerasObject,
  weightsOf: (path: string) => readonly FileTensor[],
  context: Context,
): LayerData[] {
  const { file } = context;
  const problems: string[] = [];
  const layers = leavesOf(model, file).flatMap(({ path, layer }) => {
    try {
      return readLayer(path, layer, inOrderOfLayer(weightsOf(path), path), context);
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message.replace(`${file}: layer ${path}: `, '')}`);
      return [];
    }
  });
  if (problems.length > 0) throw new FormatError(`${file}: ${problems.join('\n')}`);
  return layers;
}

interface Context {
  readonly classes: LayerClasses;
  readonly makeCell: MakeCell;
  readonly file: string;
}

function readLayer(
  path: string,
  layer: KerasObject,
  weights: readonly FileTensor[],
  context: Context,
): LayerData[] {
  const { class_name: className, config } = layer;
  const isBidirectional = className === 'Bidirectional';
  const own = isBidirectional ? config.layer : layer;
  const cell = isKerasObject(own) ? cellOfLayer(own, context) : undefined;
  if (!isKerasObject(own) || !cell) {
    if (isBidirectional) {
      const inner = describe(isRecord(own) ? own.class_name : own);
      throw new FormatError(`it wraps ${inner}, which is no recurrent layer that Sluice knows.`);
    }
    return weights.length > 0 ? [{ kind: 'other', name: path, className, weights }] : [];
  }
  const merged = isBidirectional ? { mergeMode: mergeModeOf(config, cell, context) } : {};
  const half = weights.length / 2;
  const parts = isBidirectional ? [weights.slice(0, half), weights.slice(half)] : [weights];
  const read = parts.map((part) => named(cell, own.config, part, context));
  const startsBackwards = own.config.go_backwards === true;
  const recurrent = recurrentLayer(
    {
      name: path,
      cell,
      sizes: read[0].sizes,
      directions: read.map(({ weights }, i) => ({ goBackwards: startsBackwards !== i > 0, weights })),
      call: callOptionsOf({ ...own.config, zero_output_for_mask: config.zero_output_for_mask }),
    },
    context.file,
    context.makeCell,
  );
  return [{ ...recurrent, ...merged }];
}

/** The cell of a recurrent layer, or of an RNN with one cell. */
function cellOfLayer(layer: KerasObject, { classes }: Context): CellDescription | undefined {
  const { cell } = layer.config;
  if (layer.class_name !== 'RNN' || !isKerasObject(cell)) return classes.cellOf(layer);
  return classes.cellOf({ class_name: cell.class_name.replace(/Cell$/, ''), config: cell.config });
}

const MERGE_MODES: readonly unknown[] = ['concat', 'sum', 'ave', 'mul'];

/** How a wrapper merges its directions. @throws FormatError when it has two cells, or merges in another way. */
function mergeModeOf(
  { backward_layer: backward, merge_mode: mode = 'concat' }: JsonRecord,
  cell: CellDescription,
  context: Context,
): RecurrentLayerData['mergeMode'] {
  const other = isKerasObject(backward) && cellOfLayer(backward, context);
  if (other && JSON.stringify(other) !== JSON.stringify(cell)) {
    throw new FormatError(`it has different cells in its two directions, which Sluice cannot hold.`);
  }
  if (mode === null || MERGE_MODES.includes(mode)) return mode as RecurrentLayerData['mergeMode'];
  throw new FormatError(
    `it has the merge_mode ${describe(mode)}. Sluice has ${MERGE_MODES.join(', ')} and null.`,
  );
}

/** The weights of one direction by the cell's names, and the sizes that they have. */
function named(
  cell: CellDescription,
  config: JsonRecord,
  stored: readonly FileTensor[],
  { classes, makeCell }: Context,
): { weights: CellWeights; sizes: Sizes } {
  const inner = isKerasObject(config.cell) ? config.cell.config : config;
  const units = inner.units;
  const inputSize = stored[0]?.shape[0];
  if (!(Number.isSafeInteger(units) && (units as number) > 0)) {
    throw new FormatError(`units must be a positive whole number, but is ${describe(units)}.`);
  }
  if (!inputSize) throw new FormatError('its weights are missing.');
  // The first array of a user's cell need not have a row for each feature.
  const sizes = { inputSize: cell.definition?.inputSize ?? inputSize, units: units as number };
  const weights = classes.inKerasLayout(cell.name, sizes.units, stored);
  const parameters = makeCell(cell).parameters(sizes);
  if (parameters.length !== weights.length) {
    const found = weights.map(({ name }) => name).join(', ');
    throw new FormatError(
      `its cell has the weights ${parameters.map(({ name }) => name).join(', ')}, but the file has ${found}.`,
    );
  }
  const entries = parameters.map(({ name }, i) => {
    const { values } = weights[i];
    return [name, values instanceof Int32Array ? Float32Array.from(values) : values] as const;
  });
  return { weights: Object.fromEntries(entries), sizes };
}

/** What a call of the layer returns. */
function callOptionsOf(config: JsonRecord): CallOptions {
  const flags = ['return_sequences', 'return_state', 'stateful', 'time_major', 'zero_output_for_mask'];
  return Object.fromEntries(
    flags.filter((flag) => config[flag] === true).map((flag) => [toCamelCase(flag), true]),
  );
}
