import type { Cell, JsonObject } from '../equations/make-cell.js';
import type { NodeId } from '../equations/operations.js';
import type { ParameterShape, Sizes } from '../equations/parameters.js';
import type { Node } from '../graph/graph.js';
import { groupProducts, operandValues, type Product } from '../graph/products.js';
import { type RecurrentMask, type Traced, type TraceOptions, trace } from '../graph/trace.js';
import { remember } from '../remember.js';

/** Everything derived from a cell's equations for given sizes, as plain data: it can be printed and sent to a worker. */
export interface Plan extends Sizes {
  readonly cell: { readonly name: string; readonly source?: string; readonly options: JsonObject };
  readonly states: readonly string[];
  /** The lengths of the rows of the states, and of the output. */
  readonly stateWidths: readonly number[];
  readonly outputWidth: number;
  /** In storage order; inputs and gradients of every backend come in this order. */
  readonly parameters: readonly ParameterShape[];
  /** With recurrent dropout: the block whose operand each mask multiplies. */
  readonly recurrentMasks: readonly RecurrentMask[];
  /** The values of one step. */
  readonly nodes: readonly Node[];
  /** The length of each node's row. A row of one number stands for a row of any length. */
  readonly widths: readonly number[];
  /** The named results of the equations. */
  readonly names: Readonly<Record<string, NodeId>>;
  readonly newStates: readonly NodeId[];
  readonly output: NodeId;
  readonly products: readonly Product[];
  /** The values that products read, by the index in their operands. */
  readonly operandValues: readonly NodeId[];
}

const once = /* @__PURE__ */ remember<Cell, Plan>();

/**
 * The plan of a cell for given sizes; the same object every time for the same cell.
 *
 * @throws TypeError when the cell's equations do not fit together, RangeError when a size is not a positive integer.
 */
export function planFor(cell: Cell, { inputSize, units }: Sizes, options: TraceOptions = {}): Plan {
  if (typeof cell?.results !== 'function') {
    throw new TypeError(
      `Expected a cell, as defineCell or cells.gru() makes it, but was given ${typeof cell}.`,
    );
  }
  const sizes = { inputSize, units };
  const key = `${inputSize} ${units} ${options.recurrentDropout ?? false}`;
  return once(cell, key, () => derive(cell, sizes, trace(cell, sizes, options)));
}

function derive(cell: Cell, sizes: Sizes, traced: Traced): Plan {
  const { builder, parameters, recurrentMasks, names, states, output, stateWidths, outputWidth } = traced;
  const { nodes, widths } = builder;
  const values = operandValues(nodes, widths);
  const products = groupProducts(nodes, [...states, output], parameters, values);
  return {
    cell: { name: cell.name, ...(cell.source && { source: cell.source }), options: cell.options },
    ...sizes,
    states: cell.states,
    stateWidths,
    outputWidth,
    parameters,
    recurrentMasks,
    nodes,
    widths,
    names,
    newStates: states,
    output,
    products,
    operandValues: values.list,
  };
}

/** The state that is the cell's output; undefined when the output is another value, such as an SRU's, or of another width. */
export function outputState({
  newStates,
  output,
  stateWidths,
  outputWidth,
}: Pick<Plan, 'newStates' | 'output' | 'stateWidths' | 'outputWidth'>): number | undefined {
  const state = newStates.findIndex((id, i) => id === output && stateWidths[i] === outputWidth);
  return state < 0 ? undefined : state;
}
