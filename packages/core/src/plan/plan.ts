import type { Cell, JsonObject } from '../equations/define-cell.js';
import type { NodeId } from '../equations/operations.js';
import type { ParameterShape, Sizes } from '../equations/parameters.js';
import { type CotangentBuffers, cotangentBuffers, savedValues } from '../gradient/kept-values.js';
import { type Cotangents, reverse } from '../gradient/reverse.js';
import { type Node, reachable } from '../graph/graph.js';
import { groupProducts, isInputProjection, OperandValues, type Product } from '../graph/products.js';
import { type RecurrentMask, type Traced, type TraceOptions, trace } from '../graph/trace.js';
import type { Schedule, Slot } from './program.js';
import { type Store, schedule } from './schedule.js';

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
  /** The values of one step, forward and gradient. */
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
  /** The values that the forward pass saves for the gradient: first those that products read. */
  readonly savedValues: readonly NodeId[];
  /** One forward step. */
  readonly inference: Schedule;
  /** One forward step that also keeps, in its value slots, what the gradient needs. */
  readonly training: Schedule;
  readonly gradient: Cotangents & CotangentBuffers & { readonly schedule: Schedule };
}

const known = new WeakMap<Cell, Map<string, Plan>>();

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
  const plans = known.get(cell) ?? new Map<string, Plan>();
  known.set(cell, plans);
  const key = `${inputSize} ${units} ${options.recurrentDropout ?? false}`;
  const plan =
    plans.get(key) ?? derive(cell, { inputSize, units }, trace(cell, { inputSize, units }, options));
  plans.set(key, plan);
  return plan;
}

function derive(cell: Cell, sizes: Sizes, traced: Traced): Plan {
  const { builder, parameters, recurrentMasks, names, states, output, stateWidths, outputWidth } = traced;
  const { nodes, widths } = builder;
  const { units } = sizes;
  const forward = new Set(reachable(nodes, [...states, output]));
  const values = new OperandValues(nodes, widths);
  const products = groupProducts(nodes, [...states, output], parameters, values);
  const operandValues = values.list;
  const cotangents = reverse(traced, products);

  const storage = cotangentBuffers(
    cotangents.products.map((ofProduct, product) => ({
      cotangents: ofProduct,
      widths: products[product].results.map((id) => widths[id]),
    })),
  );
  const cotangentStores = storesOf(cotangents, storage, sizes);
  const atHand = new Set([...states, output]);
  const roots = cotangentStores.map(({ node }) => node);
  const saved = savedValues(nodes, roots, atHand, (id) => forward.has(id));
  const trainingValues = [...new Set([...operandValues, ...saved])];

  const productOf = (id: NodeId) => {
    const index = products.findIndex(({ results }) => results.includes(id));
    if (index < 0) return null;
    return {
      index,
      slot: { kind: 'product', product: index, block: products[index].results.indexOf(id) } as const,
    };
  };
  const forwardLeaf = (id: NodeId): Slot | null => {
    const product = productOf(id);
    if (product && isInputProjection(products[product.index])) return product.slot;
    return leafSlot(nodes[id]);
  };
  const value = (index: number): Slot => ({ kind: 'value', index });
  const forwardStores: Store[] = [
    ...states.map((node, state): Store => ({ node, slot: { kind: 'newState', state }, width: units })),
    { node: output, slot: { kind: 'output' }, width: units },
  ];
  // Rows of other lengths are for loops only.
  const isUniform =
    nodes.every(({ kind }) => kind !== 'rowOperation' && kind !== 'slice' && kind !== 'concat') &&
    [...stateWidths, outputWidth, ...parameters.map(({ width }) => width)].every((width) => width === units);
  const part = (): Slot => {
    throw new Error('slots are whole rows');
  };
  const request = { nodes, widths: widths.map(() => units), value, part, spread: part };
  const forwardSchedule = (kept: readonly NodeId[]) =>
    schedule({
      ...request,
      stores: forwardStores,
      leaf: forwardLeaf,
      product: (id) => (forwardLeaf(id) ? null : productOf(id)),
      kept,
    });
  const gradientLeaf = (id: NodeId): Slot | null => {
    const index = trainingValues.indexOf(id);
    if (index >= 0) return { kind: 'saved', index };
    const leaf = leafSlot(nodes[id]);
    if (leaf) return leaf;
    const state = states.indexOf(id);
    if (state >= 0) return { kind: 'newState', state };
    return id === output ? { kind: 'output' } : null;
  };
  const transposedProduct = (id: NodeId) => {
    const node = nodes[id];
    if (node.kind !== 'transposedProduct') return null;
    return { index: node.product, slot: { kind: 'transposedProduct', product: node.product } as const };
  };
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
    operandValues,
    savedValues: trainingValues,
    inference: isUniform ? forwardSchedule(operandValues) : NO_SCHEDULE,
    training: isUniform ? forwardSchedule(trainingValues) : NO_SCHEDULE,
    gradient: {
      ...cotangents,
      ...storage,
      schedule: isUniform
        ? schedule({
            ...request,
            stores: cotangentStores,
            leaf: gradientLeaf,
            product: transposedProduct,
            kept: [],
          })
        : NO_SCHEDULE,
    },
  };
}

const NO_SCHEDULE: Schedule = { stages: [], values: 0 };

/** The slot of a value that nothing in a program computes. */
function leafSlot(node: Node): Slot | null {
  switch (node.kind) {
    case 'input':
    case 'state':
    case 'vector':
    case 'recurrentMask':
    case 'outputCotangent':
    case 'stateCotangent':
      return node;
    default:
      return null;
  }
}

function storesOf(
  { previousStates, input, vectors }: Cotangents,
  { buffers }: CotangentBuffers,
  { units: width }: Sizes,
): Store[] {
  return [
    ...buffers.flatMap((blocks, buffer) =>
      blocks.map(
        (node, block): Store => ({ node, slot: { kind: 'productCotangent', buffer, block }, width }),
      ),
    ),
    ...vectors.map(
      ({ node, parameter, block }): Store => ({
        node,
        slot: { kind: 'vectorCotangent', parameter, block },
        width,
      }),
    ),
    ...(input === null ? [] : [{ node: input, slot: { kind: 'inputCotangent' }, width } as const]),
    ...previousStates.map(
      (node, state): Store => ({ node, slot: { kind: 'previousStateCotangent', state }, width }),
    ),
  ];
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
