import type { NodeId, OperationName } from '../equations/operations.js';
import { type GraphBuilder, reachable } from '../graph/graph.js';
import type { Product } from '../graph/products.js';
import type { Plan } from '../plan/plan.js';
import { derivatives, rowDerivatives } from './derivatives.js';

/** The nodes of the cotangents that leave one step. */
export interface Cotangents {
  /** Of each state before the step. */
  readonly previousStates: readonly NodeId[];
  /** Of `x` outside of matrix products; null when the equations use it only in products. */
  readonly input: NodeId | null;
  /** Of each result block of each product. */
  readonly products: readonly (readonly NodeId[])[];
  /** Of the vector parameters' blocks, for one row of one step. */
  readonly vectors: readonly { readonly parameter: number; readonly block: number; readonly node: NodeId }[];
}

/**
 * Extends the graph of a cell by its reverse-mode derivative.
 *
 * It starts from the cotangents of the output and of the new states. Every node passes its cotangent to its operands by the
 * derivative rule of its operation. A product passes it through the transposed matrix; all blocks with the same operand form
 * one transposed product. Gradients of matrices are not in the graph: they are `operandᵀ × cotangent` summed over the
 * sequence, one matrix product after the loop.
 */
export function reverse(
  builder: GraphBuilder,
  { newStates: states, output, outputWidth, products }: Plan,
): Cotangents {
  const forward = reachable(builder.nodes, [...states, output]);
  const contributions = new Contributions(builder);
  for (const [state, id] of states.entries())
    contributions.add(id, builder.intern({ kind: 'stateCotangent', state }));
  contributions.add(output, builder.intern({ kind: 'outputCotangent', width: outputWidth }));

  const cotangents = new Map<NodeId, NodeId>();
  for (const id of [...forward].reverse()) {
    for (const node of transposedProducts(builder, products, id, cotangents)) contributions.add(id, node);
    const total = contributions.totalOf(id);
    if (total === undefined) continue;
    cotangents.set(id, total);
    const node = builder.nodes[id];
    if (node.kind === 'operation') {
      const { inputs } = node;
      const parts = derivatives[node.name](builder, { inputs, result: id, cotangent: total });
      parts.forEach((part, i) => {
        if (part !== null) contributions.add(inputs[i], part);
      });
    } else if (node.kind === 'rowOperation') {
      const { operand, parts } = node;
      const cotangent = contributions.inFull(total, id);
      const args = { operand, parts, result: id, cotangent };
      contributions.add(operand, rowDerivatives[node.name](builder, args));
    } else if (node.kind === 'slice') {
      contributions.addSlice(node.operand, contributions.inFull(total, id), node.start);
    } else if (node.kind === 'concat') {
      const cotangent = contributions.inFull(total, id);
      node.inputs.forEach((input, i) => {
        contributions.add(input, builder.slice(cotangent, node.starts[i], builder.widths[input]));
      });
    }
  }

  const zero = builder.constant(0);
  const input = forward.find((id) => builder.nodes[id].kind === 'input');
  return {
    previousStates: states.map((_, state) => {
      const id = forward.find((candidate) => {
        const node = builder.nodes[candidate];
        return node.kind === 'state' && node.state === state;
      });
      return (id === undefined ? undefined : cotangents.get(id)) ?? zero;
    }),
    input: (input === undefined ? undefined : cotangents.get(input)) ?? null,
    products: products.map(({ results }) => results.map((id) => cotangents.get(id) ?? zero)),
    vectors: forward.flatMap((id) => {
      const node = builder.nodes[id];
      const cotangent = cotangents.get(id);
      if (node.kind !== 'vector' || cotangent === undefined) return [];
      return [{ parameter: node.parameter, block: node.block, node: cotangent }];
    }),
  };
}

/** What the users of each value contribute to its cotangent. */
class Contributions {
  private readonly whole = new Map<NodeId, NodeId[]>();
  private readonly slices = new Map<NodeId, { readonly node: NodeId; readonly start: number }[]>();

  constructor(private readonly builder: GraphBuilder) {}

  /** Adds a contribution. A number that stands for a row gets the sum over the row. */
  add(id: NodeId, cotangent: NodeId): void {
    const { nodes, widths } = this.builder;
    if (nodes[id].kind === 'constant') return;
    const summed =
      widths[id] === 1 && widths[cotangent] > 1
        ? this.builder.rowOperation('sumWithin', 1, cotangent)
        : cotangent;
    this.whole.set(id, [...(this.whole.get(id) ?? []), summed]);
  }

  /** Adds a contribution to the numbers of a row from `start` on. */
  addSlice(id: NodeId, node: NodeId, start: number): void {
    this.slices.set(id, [...(this.slices.get(id) ?? []), { node, start }]);
  }

  totalOf(id: NodeId): NodeId | undefined {
    const parts = [...(this.whole.get(id) ?? []), ...this.joinSlices(id)];
    return parts.length === 0 ? undefined : parts.reduce((sum, part) => addUp(this.builder, sum, part));
  }

  /** A cotangent as a row as long as the value: a number that stands for a row is repeated. */
  inFull(cotangent: NodeId, id: NodeId): NodeId {
    const { widths } = this.builder;
    return widths[cotangent] === widths[id]
      ? cotangent
      : this.builder.rowOperation('repeat', widths[id], cotangent);
  }

  /** Contributions to slices as rows with zeros elsewhere; those that do not overlap share a row. */
  private joinSlices(id: NodeId): NodeId[] {
    const { widths } = this.builder;
    const rows: { readonly node: NodeId; readonly start: number }[][] = [];
    const inOrder = [...(this.slices.get(id) ?? [])].sort((a, b) => a.start - b.start);
    for (const slice of inOrder) {
      const row = rows.find((others) => {
        const last = others[others.length - 1];
        return last.start + widths[last.node] <= slice.start;
      });
      if (row) row.push(slice);
      else rows.push([slice]);
    }
    return rows.map((row) =>
      this.builder.intern({
        kind: 'concat',
        inputs: row.map(({ node }) => node),
        starts: row.map(({ start }) => start),
        width: widths[id],
      }),
    );
  }
}

/** Whether a value is the input, or a part of it. */
function isOfInput({ nodes }: GraphBuilder, id: NodeId): boolean {
  const node = nodes[id];
  return (node.kind === 'slice' ? nodes[node.operand] : node).kind === 'input';
}

/** The contributions of the products that read a value. Products of `x` are computed after the loop instead. */
function transposedProducts(
  builder: GraphBuilder,
  products: readonly Product[],
  operand: NodeId,
  cotangents: ReadonlyMap<NodeId, NodeId>,
): NodeId[] {
  if (isOfInput(builder, operand)) return [];
  return products.flatMap(({ results }, product) => {
    const node = builder.nodes[results[0]];
    if (node.kind !== 'product' || node.operand !== operand) return [];
    const inputs = results.map((id) => cotangents.get(id) ?? builder.constant(0));
    const width = builder.widths[operand];
    return [builder.intern({ kind: 'transposedProduct', product, inputs, width })];
  });
}

/**
 * The sum of two contributions. The cotangent of a gate between two rows, `z a + (1 − z) b`, is `g a + −(g b)`. It becomes
 * `g (a − b)`, two operations less.
 */
function addUp(builder: GraphBuilder, first: NodeId, second: NodeId): NodeId {
  const negated = operandsIf(builder, 'neg', second);
  if (!negated) {
    return operandsIf(builder, 'neg', first)
      ? addUp(builder, second, first)
      : builder.apply('add', first, second);
  }
  const [a, b] = [operandsIf(builder, 'mul', first), operandsIf(builder, 'mul', negated[0])];
  const factor = a?.find((id) => b?.includes(id));
  if (!a || !b || factor === undefined) return builder.apply('sub', first, negated[0]);
  const other = (operands: readonly NodeId[]) => operands[operands[0] === factor ? 1 : 0];
  return builder.apply('mul', factor, builder.apply('sub', other(a), other(b)));
}

/** The operands of a node if it is this operation. */
function operandsIf({ nodes }: GraphBuilder, name: OperationName, id: NodeId): readonly NodeId[] | undefined {
  const node = nodes[id];
  return node.kind === 'operation' && node.name === name ? node.inputs : undefined;
}
