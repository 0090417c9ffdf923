import { type NodeId, type OperationName, operations } from '../equations/operations.js';
import { type GraphBuilder, reachable } from '../graph/graph.js';
import type { Product } from '../graph/products.js';
import type { Traced } from '../graph/trace.js';

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
export function reverse({ builder, states, output }: Traced, products: readonly Product[]): Cotangents {
  const forward = reachable(builder.nodes, [...states, output]);
  const contributions = new Map<NodeId, NodeId[]>();
  const contribute = (id: NodeId, cotangent: NodeId) => {
    contributions.set(id, [...(contributions.get(id) ?? []), cotangent]);
  };
  for (const [state, id] of states.entries())
    contribute(id, builder.intern({ kind: 'stateCotangent', state }));
  contribute(output, builder.intern({ kind: 'outputCotangent' }));

  const cotangents = new Map<NodeId, NodeId>();
  for (const id of [...forward].reverse()) {
    for (const node of transposedProducts(builder, products, id, cotangents)) contribute(id, node);
    const total = contributions.get(id)?.reduce((sum, part) => addUp(builder, sum, part));
    if (total === undefined) continue;
    cotangents.set(id, total);
    const node = builder.nodes[id];
    if (node.kind !== 'operation') continue;
    const parts = operations[node.name].derivative(builder, {
      inputs: node.inputs,
      result: id,
      cotangent: total,
    });
    parts.forEach((part, i) => {
      if (part !== null) contribute(node.inputs[i], part);
    });
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

/** The contributions of the products that read a value. Products of `x` are computed after the loop instead. */
function transposedProducts(
  builder: GraphBuilder,
  products: readonly Product[],
  operand: NodeId,
  cotangents: ReadonlyMap<NodeId, NodeId>,
): NodeId[] {
  if (builder.nodes[operand].kind === 'input') return [];
  return products.flatMap(({ results }, product) => {
    const node = builder.nodes[results[0]];
    if (node.kind !== 'product' || node.operand !== operand) return [];
    const inputs = results.map((id) => cotangents.get(id) ?? builder.constant(0));
    return [builder.intern({ kind: 'transposedProduct', product, inputs })];
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
