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
  const isReferred = new Set(referred);
  /** Values that are at hand, kept, or follow from those; operands come before their users. */
  const available = new Set<NodeId>();
  for (let id = 0; id <= (referred.at(-1) ?? -1); id++) {
    if (!isForward(id)) continue;
    const follows = isLeaf(id) || saved.has(id);
    if (follows || (cheap(id) && operandsOf(nodes[id]).every((operand) => available.has(operand)))) {
      available.add(id);
    } else if (isReferred.has(id)) {
      saved.add(id);
      available.add(id);
    }
  }
  return [...saved].sort((a, b) => a - b);
}

/** The forward values that the gradient's own values are computed from. */
function referredForwardValues(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  isForward: (id: NodeId) => boolean,
): NodeId[] {
  const seen = new Set<NodeId>(roots);
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (!seen.has(id) || isForward(id)) continue;
    for (const operand of operandsOf(nodes[id])) seen.add(operand);
  }
  return [...seen].filter(isForward).sort((a, b) => a - b);
}
