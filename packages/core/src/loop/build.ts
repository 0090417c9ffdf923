import type { NodeId } from '../equations/operations.js';
import type { ParameterShape } from '../equations/parameters.js';
import { GraphBuilder, type Node, reachable, withOperands } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import type { Store } from '../plan/schedule.js';
import type { LoopBuffer, LoopStage, MatrixReference, Reference, RowProduct, Source } from './loop.js';

/** How a sequence is run; there is a loop for each combination. */
export interface LoopOptions {
  /** Whether there is a mask, and the output at a padded step: the last output again, or zeros. */
  readonly masked: 'no' | 'repeat' | 'zero';
  /**
   * How the loop reads x. `steps`: it has the order of the loop's `steps`. `copied`: it has another order and is copied first.
   * `sequence`: products read it in the caller's order, and those over all steps leave out padded steps by the mask.
   */
  readonly x: 'steps' | 'copied' | 'sequence';
  /**
   * Whether a step does all its work itself, except for sums over all rows; else input projections and their gradients are for
   * all steps of a chunk at once.
   */
  readonly inSteps?: boolean;
  /** If a step is one program, whether to take row by row: 1 if the steps' processing has the caller's order, −1 if it is reversed. */
  readonly byRows?: 1 | -1;
}

/** The buffers of a loop under construction. */
export interface Buffers {
  readonly list: readonly LoopBuffer[];
  /** The index of the buffer of this name, which is added if it is new. */
  add(buffer: LoopBuffer): number;
  /** Whole rows of a buffer, which is added if it is new. */
  rows(buffer: LoopBuffer, at?: Reference['at']): Reference;
  /** Rows that are used within a step. */
  scratch(name: string, width: number, zeroed?: boolean): Reference;
}

/** @param isParallel whether rows that are used within a step exist for all steps of a chunk. */
export function collectBuffers(isParallel: boolean): Buffers {
  const list: LoopBuffer[] = [];
  const known = new Map<string, number>();
  function add(buffer: LoopBuffer): number {
    const index = known.get(buffer.name) ?? list.push(buffer) - 1;
    known.set(buffer.name, index);
    return index;
  }
  const rows = (buffer: LoopBuffer, at: Reference['at'] = 'step'): Reference => ({
    buffer: add(buffer),
    at,
    column: 0,
    width: buffer.width,
  });
  const scratch = (name: string, width: number, zeroed = false) =>
    rows({ name, rows: isParallel ? 'steps' : 'batch', width, life: 'scratch', zeroed });
  return { list, add, rows, scratch };
}

/** Columns of the rows of a reference. */
export const columnsOf = (rows: Reference, start: number, width: number): Reference => ({
  ...rows,
  column: rows.column + start,
  width,
});

/** Rows of one number each, which stands for a whole row. */
export const spread = (rows: Reference): Reference => ({ ...rows, spread: true });

/** The names of the buffers that hold the result of a plan's product, and of its transposed product in a gradient. */
export const productName = (index: number): string => `product ${index}`;
export const transposedName = (index: number): string => `transposed product ${index}`;

/** One of the caller's buffers. */
export const givenBuffer = (source: Source, rows: LoopBuffer['rows'], width: number): LoopBuffer => ({
  ...{ name: nameOf(source), source, rows, width },
  life: 'given',
});

/** A buffer that the pass returns; `zeroed` if not every operation overwrites it. */
export const resultBuffer = (
  source: Source,
  rows: LoopBuffer['rows'],
  width: number,
  zeroed = false,
): LoopBuffer => ({ name: nameOf(source), source, rows, width, life: 'result', zeroed });

const nameOf = (source: Source): string =>
  'index' in source ? `${source.kind} ${source.index}` : source.kind;

/** The caller's buffers that forward and backward loops read. */
export interface GivenRows {
  /** The input rows: the caller's, or the copy that `copyOfInput` writes. */
  input(): Reference;
  mask(): Reference;
  /** The place of a node that is one of the caller's rows, or null. */
  find(node: Node): Reference | null;
  /** The part of a matrix parameter that a product multiplies by. */
  weights(product: number): MatrixReference;
  /**
   * The stage that copies x into the loop's order, with zeros at padded steps: a NaN there would reach the gradients of
   * matrices, because zero times NaN is NaN. Nothing if no stage has used `input`.
   */
  copyOfInput(): LoopStage<never>[];
  /** A stage that copies rows, with zeros at padded steps. */
  cleaningStage(from: Reference, to: Reference): LoopStage<never>;
}

export function givenRows(
  { list, add, rows }: Buffers,
  plan: Plan,
  { x: order, masked }: LoopOptions,
): GivenRows {
  const { inputSize, parameters, products } = plan;
  const copy: LoopBuffer = { name: 'x in order', rows: 'steps', width: inputSize, life: 'scratch' };
  const x = (kind: 'sequence' | 'steps') => rows(givenBuffer({ kind: 'x' }, kind, inputSize));
  const mask = () => rows(givenBuffer({ kind: 'mask' }, 'mask', 1));
  const parameterBuffer = (index: number): LoopBuffer =>
    givenBuffer({ kind: 'parameter', index }, 'one', sizeOf(parameters[index]));
  const input = () =>
    order === 'sequence' ? x(order) : order === 'copied' || masked !== 'no' ? rows(copy) : x(order);
  const cleaningStage = (from: Reference, to: Reference): LoopStage<never> => ({
    products: [],
    width: from.width,
    program: {
      loads: [from.width === 1 ? mask() : spread(mask()), from],
      constants: [0],
      operations: [{ name: 'select', inputs: [0, 1, 2] }],
      stores: [{ value: 3, slot: to }],
    },
  });
  return {
    input,
    mask,
    find(node) {
      if (node.kind === 'input') return input();
      if (node.kind === 'mask') return mask();
      if (node.kind === 'recurrentMask') {
        const { kind, index, width } = node;
        return rows(givenBuffer({ kind, index }, 'batch', width));
      }
      if (node.kind !== 'vector') return null;
      const { width } = parameters[node.parameter];
      return columnsOf(rows(parameterBuffer(node.parameter)), node.block * width, width);
    },
    weights: (product) => ({
      buffer: add(parameterBuffer(products[product].parameter)),
      ...weightsOf(plan, product),
    }),
    copyOfInput() {
      if (list.every(({ name }) => name !== copy.name)) return [];
      return [(masked === 'no' ? copyStage : cleaningStage)(x('sequence'), rows(copy))];
    },
    cleaningStage,
  };
}

/** A stage that copies rows. */
export const copyStage = (from: Reference, to: Reference): LoopStage<never> => ({
  products: [],
  width: from.width,
  program: { loads: [from], constants: [], operations: [], stores: [{ value: 0, slot: to }] },
});

const sizeOf = ({ shape }: ParameterShape): number => shape.reduce((product, size) => product * size, 1);

/** The part of a product in its matrix. */
export function weightsOf(plan: Plan, product: number): Omit<MatrixReference, 'buffer'> {
  const { parameter, firstRow, rows, firstColumn, columns } = plan.products[product];
  return { firstRow, rows, firstColumn, columns, stride: plan.parameters[parameter].shape[1] };
}

/**
 * The buffer of a parameter's gradient. It starts as zeros unless products of all rows stand side by side in it and write each
 * column once.
 */
export function parameterGradient(plan: Plan, parameter: number): LoopBuffer {
  const { shape } = plan.parameters[parameter];
  const written = plan.products
    .filter((product) => product.parameter === parameter)
    .sort((a, b) => a.firstColumn - b.firstColumn);
  let end = 0;
  const isRow = written.every(({ rows, firstColumn, columns }) => {
    const follows = firstColumn === end && rows === shape[0];
    end += columns;
    return follows;
  });
  const zeroed = !isRow || end !== shape[1];
  const width = sizeOf(plan.parameters[parameter]);
  return resultBuffer({ kind: 'parameterGradient', index: parameter }, 'one', width, zeroed);
}

/** The graph of a plan or of its gradient, extended by what a loop computes at padded steps. */
export interface MaskedGraph {
  readonly builder: GraphBuilder;
  /** The node of this graph for one of the plan's. */
  of(id: NodeId): NodeId;
  /** A node of this graph, or another one at padded steps. */
  unlessPadded(id: NodeId, otherwise: NodeId): NodeId;
  /** A node of this graph, or zeros at padded steps. */
  zeroIfPadded(id: NodeId): NodeId;
}

/** @param repeatsCotangents whether the cotangents of padded steps are added to that of the output that they repeat. */
export function maskGraph(
  plan: Plan,
  nodes: readonly Node[],
  isMasked: boolean,
  repeatsCotangents = false,
): MaskedGraph {
  const builder = new GraphBuilder(plan);
  const numbers: NodeId[] = [];
  const of = (id: NodeId): NodeId => numbers[id];
  const unlessPadded = (id: NodeId, otherwise: NodeId): NodeId =>
    isMasked ? builder.apply('select', builder.intern({ kind: 'mask' }), id, otherwise) : id;
  const zeroIfPadded = (id: NodeId): NodeId => unlessPadded(id, builder.constant(0));
  const cleaned = (id: NodeId): NodeId =>
    plan.operandValues.some((operand) => numbers[operand] === id) ? zeroIfPadded(id) : id;
  /** Products multiply zeros at padded steps, for their weights' sake; states are carried over anyway. */
  function translate(node: Node): Node {
    if (node.kind === 'transposedProduct') return withOperands(node, (id) => zeroIfPadded(of(id)));
    if (node.kind !== 'product') return withOperands(node, of);
    const translated = of(node.operand);
    const operand = builder.nodes[translated];
    if (operand.kind !== 'slice') return { ...node, operand: cleaned(translated) };
    return { ...node, operand: builder.slice(cleaned(operand.operand), operand.start, operand.width) };
  }
  for (const node of nodes) {
    const id = builder.intern(translate(node));
    const isRepeated = repeatsCotangents && node.kind === 'outputCotangent';
    numbers.push(
      isRepeated
        ? builder.apply('add', id, builder.intern({ kind: 'repeatedCotangent', width: node.width }))
        : id,
    );
  }
  return { builder, of, unlessPadded, zeroIfPadded };
}

/** The operations on whole rows of a graph, which run between programs as products do, and the rows of its `concat`s. */
export interface RowWork {
  /** The place of a result, and the index of an operation. The programs of its inputs store a `concat`. */
  find(id: NodeId): { readonly index?: number; readonly slot: Reference } | null;
  /** The operations and constants that they read from memory. */
  readonly operands: readonly NodeId[];
  /** The inputs of each `concat`, with their places in its row. */
  readonly stores: readonly Store<Reference>[];
  /** The loop's operation for an index. */
  operationOf(index: number, placeOf: (id: NodeId) => Reference): RowProduct;
}

/**
 * @param first the index of the first operation; products have the ones before it.
 * @param isElsewhere whether a node is read from a place where something else has put it.
 */
export function findRowWork(
  { nodes, widths }: GraphBuilder,
  roots: Iterable<NodeId>,
  buffers: Buffers,
  first: number,
  isElsewhere: (id: NodeId) => boolean,
): RowWork {
  const places = new Map<NodeId, { readonly index?: number; readonly slot: Reference }>();
  const operations: (Extract<Node, { kind: 'rowOperation' }> & { readonly result: Reference })[] = [];
  const stores: Store<Reference>[] = [];
  const cut = nodes.map((node, id): Node => (isElsewhere(id) ? { kind: 'input' } : node));
  for (const id of reachable(cut, roots)) {
    const node = cut[id];
    const rows = (zeroed = false) => buffers.scratch(`rows ${id}`, widths[id], zeroed);
    if (node.kind === 'rowOperation') {
      const result = rows();
      places.set(id, { index: first + operations.length, slot: result });
      operations.push({ ...node, result });
    } else if (node.kind === 'concat') {
      // Zeros between the inputs are never written again.
      const slot = rows(node.inputs.reduce((sum, input) => sum + widths[input], 0) < node.width);
      places.set(id, { slot });
      node.inputs.forEach((input, i) => {
        const width = widths[input];
        stores.push({ node: input, slot: columnsOf(slot, node.starts[i], width), width });
      });
    }
  }
  const behind = operations.map(({ operand }) => {
    const node = nodes[operand];
    return node.kind === 'slice' ? node.operand : operand;
  });
  return {
    find: (id) => places.get(id) ?? null,
    operands: [...new Set(behind)].filter((id) => ['operation', 'constant'].includes(nodes[id].kind)),
    stores,
    operationOf(index, placeOf) {
      const { name, parts, operand, result } = operations[index - first];
      return { kind: 'row', name, parts, operand: placeOf(operand), result };
    },
  };
}
