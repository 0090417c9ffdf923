import { type Algebra, type NodeId, type OperationName, operations } from '../equations/operations.js';

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
  | { readonly kind: 'recurrentMask'; readonly index: number }
  /** Loops only: 1 where the step is not padded, else 0; and the output of the step before, which a padded step repeats. */
  | { readonly kind: 'mask' | 'lastOutput' }
  /** A row times one block of a matrix parameter. */
  | { readonly kind: 'product'; readonly parameter: number; readonly block: number; readonly operand: NodeId }
  | { readonly kind: 'operation'; readonly name: OperationName; readonly inputs: readonly NodeId[] }
  /** Gradient only: the cotangent of the output row. */
  | { readonly kind: 'outputCotangent' }
  /** Gradient only: the cotangent of a state after the step. */
  | { readonly kind: 'stateCotangent'; readonly state: number }
  /**
   * Gradient only: Σ over the blocks of product `product` of (cotangent of the block's result) × blockᵀ, the
   * contribution of that product to the cotangent of its operand. `inputs` are the blocks' cotangents.
   */
  | { readonly kind: 'transposedProduct'; readonly product: number; readonly inputs: readonly NodeId[] };

/** The operands of a node. */
export function operandsOf(node: Node): readonly NodeId[] {
  if (node.kind === 'product') return [node.operand];
  if (node.kind === 'operation' || node.kind === 'transposedProduct') return node.inputs;
  return [];
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

/** Without `max` and `min`: for equal operands their derivatives depend on the order. */
const COMMUTATIVE: readonly OperationName[] = ['add', 'mul'];

/** Builds a graph with shared common subexpressions and folded constants. */
export class GraphBuilder implements Algebra {
  readonly nodes: Node[] = [];
  private readonly known = new Map<string, NodeId>();

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
      return this.constant(operations[name].evaluate(...(values as number[])));
    }
    const [a, b, c] = inputs;
    if (name === 'select' && values[0] !== undefined) return values[0] !== 0 ? b : c;
    if (name === 'select' && b === c) return b;
    if (name === 'identity') return a;
    if (name === 'add' && values[0] === 0) return b;
    if ((name === 'add' || name === 'sub') && values[1] === 0) return a;
    if (name === 'mul' && values[0] === 1) return b;
    if ((name === 'mul' || name === 'div') && values[1] === 1) return a;
    const inner = this.nodes[a];
    if (name === 'neg' && inner.kind === 'operation' && inner.name === 'neg') return inner.inputs[0];
    return this.intern({ kind: 'operation', name, inputs });
  }

  private constantValue(id: NodeId): number | undefined {
    const node = this.nodes[id];
    return node.kind === 'constant' ? node.value : undefined;
  }
}
