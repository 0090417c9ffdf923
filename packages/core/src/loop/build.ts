import type { NodeId } from '../equations/operations.js';
import { GraphBuilder, type Node, operandsOf, reachable, withOperands } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
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
}

/** The buffers of a loop under construction. */
export class Buffers {
  readonly list: LoopBuffer[] = [];
  private readonly known = new Map<string, number>();

  /** @param isParallel whether rows that are used within a step exist for all steps of a chunk. */
  constructor(private readonly isParallel: boolean) {}

  /** The index of the buffer of this name, which is added if it is new. */
  add(buffer: LoopBuffer): number {
    const found = this.known.get(buffer.name);
    if (found !== undefined) return found;
    this.list.push(buffer);
    this.known.set(buffer.name, this.list.length - 1);
    return this.list.length - 1;
  }

  /** Whole rows, or columns of them, of a buffer that is added if it is new. */
  rows(buffer: LoopBuffer, at: Reference['at'] = 'step', column = 0, width = buffer.width): Reference {
    return { buffer: this.add(buffer), at, column, width };
  }

  /** Rows that are used within a step. */
  scratch(name: string, width: number, zeroed = false): Reference {
    return this.rows({ name, rows: this.isParallel ? 'steps' : 'batch', width, life: 'scratch', zeroed });
  }
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
export class GivenBuffers {
  constructor(
    private readonly buffers: Buffers,
    private readonly plan: Plan,
    private readonly options: LoopOptions,
  ) {}

  /** The input rows: the caller's, or the copy that `copyOfInput` writes. */
  input(): Reference {
    const { inputSize: width } = this.plan;
    const { x, masked } = this.options;
    if (x === 'sequence') return this.buffers.rows(givenBuffer({ kind: 'x' }, 'sequence', width));
    const isCopy = x === 'copied' || masked !== 'no';
    return isCopy
      ? this.buffers.rows({ name: 'x in order', rows: 'steps', width, life: 'scratch' })
      : this.buffers.rows(givenBuffer({ kind: 'x' }, 'steps', width));
  }

  mask(): Reference {
    return this.buffers.rows(givenBuffer({ kind: 'mask' }, 'mask', 1));
  }

  /** The place of a node that is one of the caller's rows, or null. */
  find(node: Node): Reference | null {
    if (node.kind === 'input') return this.input();
    if (node.kind === 'mask') return this.mask();
    if (node.kind === 'recurrentMask') {
      const { index, width } = node;
      return this.buffers.rows(givenBuffer({ kind: 'recurrentMask', index }, 'batch', width));
    }
    if (node.kind !== 'vector') return null;
    const { width } = this.plan.parameters[node.parameter];
    return this.buffers.rows(this.parameter(node.parameter), 'step', node.block * width, width);
  }

  /** The part of a matrix parameter that a product multiplies by. */
  weights(product: number): MatrixReference {
    const { parameter } = this.plan.products[product];
    return { buffer: this.buffers.add(this.parameter(parameter)), ...weightsOf(this.plan, product) };
  }

  /**
   * The stage that copies x into the loop's order, with zeros at padded steps: a NaN there would reach the gradients of
   * matrices, because zero times NaN is NaN. Nothing if no stage has used `input`.
   */
  copyOfInput(): LoopStage<never>[] {
    const copy = this.buffers.list.findIndex(({ name }) => name === 'x in order');
    if (copy < 0) return [];
    const { inputSize: width } = this.plan;
    const to: Reference = { buffer: copy, at: 'step', column: 0, width };
    const x = this.buffers.rows(givenBuffer({ kind: 'x' }, 'sequence', width));
    return [this.options.masked === 'no' ? copyStage(x, to) : this.cleaningStage(x, to)];
  }

  /** A stage that copies rows, with zeros at padded steps. */
  cleaningStage(from: Reference, to: Reference): LoopStage<never> {
    return {
      products: [],
      width: from.width,
      program: {
        loads: [from.width === 1 ? this.mask() : spread(this.mask()), from],
        constants: [0],
        operations: [{ name: 'select', inputs: [0, 1, 2] }],
        stores: [{ value: 3, slot: to }],
      },
    };
  }

  private parameter(index: number): LoopBuffer {
    const width = this.plan.parameters[index].shape.reduce((product, size) => product * size, 1);
    return givenBuffer({ kind: 'parameter', index }, 'one', width);
  }
}

/** A stage that copies rows. */
export const copyStage = (from: Reference, to: Reference): LoopStage<never> => ({
  products: [],
  width: from.width,
  program: { loads: [from], constants: [], operations: [], stores: [{ value: 0, slot: to }] },
});

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
  const width = shape.reduce((product, size) => product * size, 1);
  return resultBuffer({ kind: 'parameterGradient', index: parameter }, 'one', width, zeroed);
}

/** The graph of a plan or of its gradient, extended by what a loop computes at padded steps. */
export class MaskedGraph {
  readonly builder: GraphBuilder;
  private readonly numbers: NodeId[] = [];

  /** @param repeatsCotangents whether the cotangents of padded steps are added to that of the output that they repeat. */
  constructor(
    plan: Plan,
    nodes: readonly Node[],
    private readonly isMasked: boolean,
    repeatsCotangents = false,
  ) {
    this.builder = new GraphBuilder(plan);
    const { builder, numbers } = this;
    const operands = new Set(plan.operandValues);
    for (const node of nodes) {
      const id = builder.intern(this.translate(node, operands));
      const isRepeated = repeatsCotangents && node.kind === 'outputCotangent';
      numbers.push(
        isRepeated
          ? builder.apply('add', id, builder.intern({ kind: 'repeatedCotangent', width: node.width }))
          : id,
      );
    }
  }

  /** The node of this graph for one of the plan's. */
  of(id: NodeId): NodeId {
    return this.numbers[id];
  }

  /** A node of this graph, or another one at padded steps. */
  unlessPadded(id: NodeId, otherwise: NodeId): NodeId {
    if (!this.isMasked) return id;
    return this.builder.apply('select', this.builder.intern({ kind: 'mask' }), id, otherwise);
  }

  /** A node of this graph, or zeros at padded steps. */
  zeroIfPadded(id: NodeId): NodeId {
    return this.unlessPadded(id, this.builder.constant(0));
  }

  /** Products multiply zeros at padded steps, for their weights' sake; states are carried over anyway. */
  private translate(node: Node, operands: ReadonlySet<NodeId>): Node {
    const of = (id: NodeId) => this.of(id);
    if (node.kind === 'transposedProduct') return withOperands(node, (id) => this.zeroIfPadded(of(id)));
    if (node.kind !== 'product') return withOperands(node, of);
    const translated = of(node.operand);
    const { nodes } = this.builder;
    const operand = nodes[translated];
    if (operand.kind === 'slice') {
      const base = this.cleaned(operand.operand, operands);
      return { ...node, operand: this.builder.slice(base, operand.start, operand.width) };
    }
    return { ...node, operand: this.cleaned(translated, operands) };
  }

  private cleaned(id: NodeId, operands: ReadonlySet<NodeId>): NodeId {
    const isValue = [...operands].some((operand) => this.numbers[operand] === id);
    return isValue ? this.zeroIfPadded(id) : id;
  }
}

/** The operations on whole rows of a graph, which run between programs as products do. */
export class RowWork {
  private readonly places = new Map<NodeId, { readonly index: number; readonly slot: Reference }>();
  private readonly ids: NodeId[] = [];

  /**
   * @param first the index of the first operation; products have the ones before it.
   * @param isElsewhere whether a node is read from a place where something else has put it.
   */
  constructor(
    private readonly builder: GraphBuilder,
    roots: Iterable<NodeId>,
    buffers: Buffers,
    private readonly first: number,
    isElsewhere: (id: NodeId) => boolean,
  ) {
    const { nodes, widths } = builder;
    const cut = nodes.map((node, id): Node => (isElsewhere(id) ? { kind: 'input' } : node));
    for (const id of reachable(cut, roots)) {
      const node = cut[id];
      if (node.kind !== 'rowOperation' && node.kind !== 'concat') continue;
      // Zeros between the inputs of `concat` are never written again.
      const zeroed = node.kind === 'concat' && widthOf(builder, node.inputs) < node.width;
      const slot = buffers.scratch(`rows ${id}`, widths[id], zeroed);
      this.places.set(id, { index: first + this.ids.length, slot });
      this.ids.push(id);
    }
  }

  find(id: NodeId): { readonly index: number; readonly slot: Reference } | null {
    return this.places.get(id) ?? null;
  }

  /** The operations whose results they read from memory. */
  operandOperations(): NodeId[] {
    const { nodes } = this.builder;
    const rows = this.ids.flatMap((id) => operandsOf(nodes[id]));
    const behind = rows.map((id) => {
      const node = nodes[id];
      return node.kind === 'slice' ? node.operand : id;
    });
    return [...new Set(behind)].filter(
      (id) => nodes[id].kind === 'operation' || nodes[id].kind === 'constant',
    );
  }

  /** The loop's operations for an index. */
  operationsOf(index: number, placeOf: (id: NodeId) => Reference): RowProduct[] {
    const id = this.ids[index - this.first];
    const node = this.builder.nodes[id];
    const { slot: result } = this.places.get(id) as { slot: Reference };
    if (node.kind === 'rowOperation') {
      const { name, parts, operand } = node;
      return [{ kind: 'row', name, parts, operand: placeOf(operand), result }];
    }
    if (node.kind !== 'concat') throw new Error(`a ${node.kind} is no operation on rows`);
    return node.inputs.map((input, i): RowProduct => {
      const width = this.builder.widths[input];
      const to = columnsOf(result, node.starts[i], width);
      return { kind: 'row', name: 'copy', parts: 1, operand: placeOf(input), result: to };
    });
  }
}

const widthOf = ({ widths }: GraphBuilder, ids: readonly NodeId[]): number =>
  ids.reduce((sum, id) => sum + widths[id], 0);
