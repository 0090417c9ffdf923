import { evaluators, type NodeId, type OperationName } from '../equations/operations.js';
import type { ParameterShape } from '../equations/parameters.js';
import { type RowOperationName, resultWidth } from '../equations/row-operations.js';

/** One value of one time step. Operands always come before their users, so the array order is an evaluation order. */
export type Node =
  /** The input row `x`. */
  | { readonly kind: 'input' }
  /** A state before the step. */
  | { readonly kind: 'state'; readonly state: number }
  /** One block of a vector parameter. */
  | { readonly kind: 'vector'; readonly parameter: number; readonly block: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** A row given for the whole sequence: the dropout mask of one recurrent product. */
  | { readonly kind: 'recurrentMask'; readonly index: number; readonly width: number }
  /** Loops only: 1 where the step is not padded, else 0. */
  | { readonly kind: 'mask' }
  /** Loops only: the output of the step before, which a padded step repeats. */
  | { readonly kind: 'lastOutput'; readonly width: number }
  /** Loops only: the cotangents of later, padded steps, whose outputs repeat the one of this step. */
  | { readonly kind: 'repeatedCotangent'; readonly width: number }
  /**
   * Parallel loops only: a row that passes from step to step, as the step reads it (`before`) or as it leaves it (`after`). Its
   * recurrence is linear, `after = factor ⊙ before + addend`; `inputs` are the factor, the addend, and perhaps a row that is 0
   * where the row after the step is the addend alone.
   */
  | {
      readonly kind: 'scan';
      readonly recurrence: number;
      readonly at: 'before' | 'after';
      readonly inputs: readonly NodeId[];
      readonly width: number;
    }
  /** A row times a part of one block of a matrix parameter. */
  | ({ readonly kind: 'product'; readonly operand: NodeId } & ProductMatrix)
  | { readonly kind: 'operation'; readonly name: OperationName; readonly inputs: readonly NodeId[] }
  | {
      readonly kind: 'rowOperation';
      readonly name: RowOperationName;
      readonly parts: number;
      readonly operand: NodeId;
    }
  /** `width` numbers of a row from number `start` on. */
  | { readonly kind: 'slice'; readonly operand: NodeId; readonly start: number; readonly width: number }
  /** A row of `width` numbers: each input at its start, zeros elsewhere. */
  | {
      readonly kind: 'concat';
      readonly inputs: readonly NodeId[];
      readonly starts: readonly number[];
      readonly width: number;
    }
  /** Gradient only: the cotangent of the output row. */
  | { readonly kind: 'outputCotangent'; readonly width: number }
  /** Gradient only: the cotangent of a state after the step. */
  | { readonly kind: 'stateCotangent'; readonly state: number }
  /**
   * Gradient only: Σ over the blocks of product `product` of (cotangent of the block's result) × blockᵀ, the
   * contribution of that product to the cotangent of its operand. `inputs` are the blocks' cotangents.
   */
  | {
      readonly kind: 'transposedProduct';
      readonly product: number;
      readonly inputs: readonly NodeId[];
      readonly width: number;
    };

/** The part of a matrix parameter that a product multiplies by: rows, and columns of one block. */
export interface ProductMatrix {
  readonly parameter: number;
  readonly block: number;
  readonly firstRow: number;
  readonly rows: number;
  /** The first column, counted from the block's, and the number of columns. */
  readonly firstColumn: number;
  readonly columns: number;
}

/** The operands of a node. */
export function operandsOf(node: Node): readonly NodeId[] {
  switch (node.kind) {
    case 'product':
    case 'rowOperation':
    case 'slice':
      return [node.operand];
    case 'operation':
    case 'concat':
    case 'scan':
    case 'transposedProduct':
      return node.inputs;
    default:
      return [];
  }
}

/** The same node with other operands. */
export function withOperands(node: Node, of: (id: NodeId) => NodeId): Node {
  if ('operand' in node) return { ...node, operand: of(node.operand) };
  return 'inputs' in node ? { ...node, inputs: node.inputs.map(of) } : node;
}

/** The roots and all values that they depend on, in evaluation order. */
export function reachable(nodes: readonly Node[], roots: Iterable<NodeId>): NodeId[] {
  const seen = new Set<NodeId>(roots);
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (!seen.has(id)) continue;
    for (const operand of operandsOf(nodes[id])) seen.add(operand);
  }
  return [...seen].sort((a, b) => a - b);
}

/** The lengths of the rows that a graph is made of. */
export interface RowWidths {
  readonly inputSize: number;
  readonly stateWidths: readonly number[];
  readonly parameters: readonly Pick<ParameterShape, 'width'>[];
}

/** Without `max` and `min`: for equal operands their derivatives depend on the order. */
const COMMUTATIVE: readonly OperationName[] = ['add', 'mul'];

/** Builds a graph with shared common subexpressions and folded constants. */
export class GraphBuilder {
  readonly nodes: Node[] = [];
  /** The length of each node's row. A row of one number stands for a row of any length. */
  readonly widths: number[] = [];
  private readonly known = new Map<string, NodeId>();

  constructor(private readonly given: RowWidths) {}

  /** The existing node with this description, or a new one. */
  intern(node: Node): NodeId {
    const sorted =
      node.kind === 'operation' && COMMUTATIVE.includes(node.name)
        ? { ...node, inputs: [...node.inputs].sort((a, b) => a - b) }
        : node;
    const key =
      node.kind === 'constant'
        ? `constant ${Object.is(node.value, -0) ? '-0' : node.value}`
        : JSON.stringify(sorted);
    const found = this.known.get(key);
    if (found !== undefined) return found;
    this.nodes.push(node);
    this.widths.push(this.computeWidth(node));
    this.known.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  constant(value: number): NodeId {
    return this.intern({ kind: 'constant', value });
  }

  /** An operation, simplified if the result is the same for all operands, also for NaN. */
  apply(name: OperationName, ...inputs: NodeId[]): NodeId {
    const values = inputs.map((id) => this.constantValue(id));
    if (values.every((value) => value !== undefined)) {
      return this.constant(evaluators[name](...(values as number[])));
    }
    const [a, b, c] = inputs;
    const width = Math.max(...inputs.map((id) => this.widths[id]));
    const isWhole = (id: NodeId) => this.widths[id] === width;
    if (name === 'select' && values[0] !== undefined) {
      const chosen = values[0] !== 0 ? b : c;
      if (isWhole(chosen)) return chosen;
    }
    if (name === 'select' && b === c && isWhole(b)) return b;
    if (name === 'identity') return a;
    if (name === 'add' && (values[0] === 0 || this.isZeros(a)) && isWhole(b)) return b;
    if ((name === 'add' || name === 'sub') && (values[1] === 0 || this.isZeros(b)) && isWhole(a)) return a;
    if (name === 'mul' && values[0] === 1) return b;
    if ((name === 'mul' || name === 'div') && values[1] === 1) return a;
    const inner = this.nodes[a];
    if (name === 'neg' && inner.kind === 'operation' && inner.name === 'neg') return inner.inputs[0];
    return this.intern({ kind: 'operation', name, inputs });
  }

  /** A row operation, left out where it changes nothing. */
  rowOperation(name: RowOperationName, parts: number, operand: NodeId): NodeId {
    const width = this.widths[operand];
    if (name === 'sumWithin' || name === 'maxWithin' ? parts === width : parts === 1) return operand;
    return this.intern({ kind: 'rowOperation', name, parts, operand });
  }

  /** A row of zeros. */
  zeros(width: number): NodeId {
    return this.rowOperation('repeat', width, this.constant(0));
  }

  isZeros(id: NodeId): boolean {
    const node = this.nodes[id];
    return node.kind === 'rowOperation' && node.name === 'repeat' && this.constantValue(node.operand) === 0;
  }

  /** Numbers of a row, left out where they are the whole row. */
  slice(operand: NodeId, start: number, width: number): NodeId {
    const node = this.nodes[operand];
    if (width === this.widths[operand]) return operand;
    if (node.kind === 'slice') return this.slice(node.operand, node.start + start, width);
    if (this.isZeros(operand)) return this.zeros(width);
    if (node.kind === 'concat') {
      const whole = node.inputs.findIndex(
        (input, i) => node.starts[i] === start && this.widths[input] === width,
      );
      if (whole >= 0) return node.inputs[whole];
    }
    return this.intern({ kind: 'slice', operand, start, width });
  }

  /** Rows one behind the other. */
  concat(inputs: readonly NodeId[]): NodeId {
    const starts: number[] = [];
    let width = 0;
    for (const input of inputs) {
      starts.push(width);
      width += this.widths[input];
    }
    return inputs.length === 1 ? inputs[0] : this.intern({ kind: 'concat', inputs, starts, width });
  }

  private constantValue(id: NodeId): number | undefined {
    const node = this.nodes[id];
    return node.kind === 'constant' ? node.value : undefined;
  }

  private computeWidth(node: Node): number {
    switch (node.kind) {
      case 'input':
        return this.given.inputSize;
      case 'state':
      case 'stateCotangent':
        return this.given.stateWidths[node.state];
      case 'vector':
        return this.given.parameters[node.parameter].width;
      case 'constant':
      case 'mask':
        return 1;
      case 'product':
        return node.columns;
      case 'operation':
        return Math.max(...node.inputs.map((input) => this.widths[input]));
      case 'rowOperation':
        return resultWidth(node.name, this.widths[node.operand], node.parts);
      default:
        return node.width;
    }
  }
}
