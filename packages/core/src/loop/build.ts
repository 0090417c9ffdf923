import type { NodeId } from '../equations/operations.js';
import { GraphBuilder, type Node } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import type { LoopBuffer, LoopStage, MatrixReference, Reference, Source } from './loop.js';

/** How a sequence is run; there is a loop for each combination. */
export interface LoopOptions {
  /** Whether there is a mask, and the output at a padded step: the last output again, or zeros. */
  readonly masked: 'no' | 'repeat' | 'zero';
  /** Whether x has another order than the loop's `steps`, so that it is copied first. */
  readonly copied: boolean;
}

/** The buffers of a loop under construction. */
export class Buffers {
  readonly list: LoopBuffer[] = [];
  private readonly known = new Map<string, number>();

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
}

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

  /** The input rows in the loop's own order: the caller's, or the copy that `copyOfInput` writes. */
  input(): Reference {
    const { inputSize: width } = this.plan;
    const isCopy = this.options.copied || this.options.masked !== 'no';
    return isCopy
      ? this.buffers.rows({ name: 'x in order', rows: 'steps', width, life: 'scratch' })
      : this.buffers.rows(givenBuffer({ kind: 'x' }, 'steps', width));
  }

  mask(): Reference {
    return {
      ...this.buffers.rows(givenBuffer({ kind: 'mask' }, 'mask', 1)),
      spread: true,
    };
  }

  /** One block of a vector parameter. */
  vector(parameter: number, block: number): Reference {
    const { units } = this.plan;
    return this.buffers.rows(this.parameter(parameter), 'step', block * units, units);
  }

  recurrentMask(index: number): Reference {
    const { units: width } = this.plan;
    return this.buffers.rows(givenBuffer({ kind: 'recurrentMask', index }, 'batch', width));
  }

  /** The blocks of a matrix parameter that a product multiplies by. */
  weights(product: number): MatrixReference {
    const { parameter } = this.plan.products[product];
    return { buffer: this.buffers.add(this.parameter(parameter)), ...weightColumns(this.plan, product) };
  }

  /**
   * The stage that copies x into the loop's order, with zeros at padded steps: a NaN there would reach the gradients of
   * matrices, because zero times NaN is NaN. Nothing if no stage has used `input`.
   */
  copyOfInput(): LoopStage[] {
    const copy = this.buffers.list.findIndex(({ name }) => name === 'x in order');
    if (copy < 0) return [];
    const { inputSize: width } = this.plan;
    const to: Reference = { buffer: copy, at: 'step', column: 0, width };
    const x = this.buffers.rows(givenBuffer({ kind: 'x' }, 'sequence', width));
    return [this.options.masked === 'no' ? copyStage(x, to) : this.cleaningStage(x, to)];
  }

  /** A stage that copies rows, with zeros at padded steps. */
  cleaningStage(from: Reference, to: Reference): LoopStage {
    return {
      products: [],
      width: from.width,
      program: {
        loads: [this.mask(), from],
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
export const copyStage = (from: Reference, to: Reference): LoopStage => ({
  products: [],
  width: from.width,
  program: { loads: [from], constants: [], operations: [], stores: [{ value: 0, slot: to }] },
});

/** The columns of a product in its matrix. */
export function weightColumns(plan: Plan, product: number): Omit<MatrixReference, 'buffer'> {
  const { parameter, firstBlock, results } = plan.products[product];
  const [rows, stride] = plan.parameters[parameter].shape;
  return { rows, stride, firstColumn: firstBlock * plan.units, columns: results.length * plan.units };
}

/** A plan's graph, extended by what a loop computes at padded steps. */
export class MaskedGraph {
  readonly builder = new GraphBuilder();
  private readonly numbers: NodeId[] = [];

  constructor(
    plan: Plan,
    private readonly isMasked: boolean,
  ) {
    for (const node of plan.nodes) this.numbers.push(this.builder.intern(this.translate(plan, node)));
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
  private translate(plan: Plan, node: Node): Node {
    const of = (id: NodeId) => this.of(id);
    if (node.kind === 'operation') return { ...node, inputs: node.inputs.map(of) };
    if (node.kind === 'transposedProduct') {
      return { ...node, inputs: node.inputs.map((id) => this.zeroIfPadded(of(id))) };
    }
    if (node.kind !== 'product') return node;
    const isValue = plan.operandValues.includes(node.operand);
    return { ...node, operand: isValue ? this.zeroIfPadded(of(node.operand)) : of(node.operand) };
  }
}
