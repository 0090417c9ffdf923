import { type NodeId, operations } from '../equations/operations.js';
import { type Node, operandsOf } from '../graph/graph.js';

/**
 * Which values of the forward pass are kept for the backward pass.
 *
 * Every forward value that the gradient refers to is kept, except where it is at hand anyway (inputs, parameters, and
 * what the caller names), or follows by cheap operations from values that are kept or at hand.
 *
 * @param roots the gradient's results.
 * @param atHand forward values that the backward pass has without keeping them: states after the step, the output.
 * @param isForward whether a node belongs to the forward pass.
 */
export function savedValues(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  atHand: ReadonlySet<NodeId>,
  isForward: (id: NodeId) => boolean,
): NodeId[] {
  const referred = referredForwardValues(nodes, roots, isForward);
  const isLeaf = (id: NodeId) => {
    const { kind } = nodes[id];
    return atHand.has(id) || (kind !== 'operation' && kind !== 'product');
  };
  const cheap = (id: NodeId) => {
    const node = nodes[id];
    return node.kind === 'operation' && operations[node.name].cheap;
  };
  const saved = new Set(referred.filter((id) => !isLeaf(id) && !cheap(id)));
  const recomputable = (id: NodeId): boolean =>
    isLeaf(id) || saved.has(id) || (cheap(id) && operandsOf(nodes[id]).every(recomputable));
  for (const id of referred) if (!recomputable(id)) saved.add(id);
  return [...saved].sort((a, b) => a - b);
}

function referredForwardValues(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  isForward: (id: NodeId) => boolean,
): NodeId[] {
  const seen = new Set<NodeId>();
  const referred = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (isForward(id)) {
      referred.add(id);
      return;
    }
    if (seen.has(id)) return;
    seen.add(id);
    for (const operand of operandsOf(nodes[id])) visit(operand);
  };
  for (const root of roots) visit(root);
  return [...referred].sort((a, b) => a - b);
}
