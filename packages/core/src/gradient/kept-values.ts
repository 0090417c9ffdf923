import { type NodeId, operations } from '../equations/operations.js';
import { type Node, operandsOf } from '../graph/graph.js';

/**
 * The values of the forward pass that are saved for the backward pass.
 *
 * Every forward value that the gradient reads is saved, except inputs, parameters, the values in `available`, and values
 * that cheap operations compute from saved or available ones.
 *
 * @param roots the gradient's results.
 * @param available forward values that the backward pass has anyway: states after the step, the output.
 * @param isForward whether a node belongs to the forward pass.
 */
export function savedValues(
  nodes: readonly Node[],
  roots: Iterable<NodeId>,
  available: ReadonlySet<NodeId>,
  isForward: (id: NodeId) => boolean,
): NodeId[] {
  const referred = referredForwardValues(nodes, roots, isForward);
  const isLeaf = (id: NodeId) => {
    const { kind } = nodes[id];
    return available.has(id) || (kind !== 'operation' && kind !== 'product');
  };
  const cheap = (id: NodeId) => {
    const node = nodes[id];
    return node.kind === 'operation' && operations[node.name].cheap;
  };
  const saved = new Set(referred.filter((id) => !isLeaf(id) && !cheap(id)));
  const isReferred = new Set(referred);
  /** Leaves, saved values, and values computed from them; operands come before their users. */
  const computable = new Set<NodeId>();
  for (let id = 0; id <= (referred.at(-1) ?? -1); id++) {
    if (!isForward(id)) continue;
    const follows = isLeaf(id) || saved.has(id);
    if (follows || (cheap(id) && operandsOf(nodes[id]).every((operand) => computable.has(operand)))) {
      computable.add(id);
    } else if (isReferred.has(id)) {
      saved.add(id);
      computable.add(id);
    }
  }
  return [...saved].sort((a, b) => a - b);
}

/** The forward values that the gradient's own values read. */
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

/**
 * The buffers for the cotangents of the products' results over the whole sequence. The matrix products after the loop read
 * them. Products whose blocks have the same cotangents share a buffer: in an LSTM `W x` and `U h` share one.
 */
export interface CotangentBuffers {
  /** The value of each block of each buffer; a buffer is `[batch, timesteps, blocks·units]`. */
  readonly buffers: readonly (readonly NodeId[])[];
  /** For each product, the buffer and the first of its blocks there. */
  readonly places: readonly { readonly buffer: number; readonly firstBlock: number }[];
}

/** Assigns a buffer to every product, from the cotangents of its blocks. Long products come first, so that short ones fit in. */
export function cotangentBuffers(products: readonly (readonly NodeId[])[]): CotangentBuffers {
  const buffers: (readonly NodeId[])[] = [];
  const places: { buffer: number; firstBlock: number }[] = [];
  const longestFirst = products
    .map((_, product) => product)
    .sort((a, b) => products[b].length - products[a].length);
  for (const product of longestFirst) {
    const blocks = products[product];
    let buffer = buffers.findIndex((candidate) => findRun(candidate, blocks) >= 0);
    if (buffer < 0) buffer = buffers.push(blocks) - 1;
    places[product] = { buffer, firstBlock: findRun(buffers[buffer], blocks) };
  }
  return { buffers, places };
}

/** The position of the sequence `run` in `list`, or −1. */
function findRun(list: readonly NodeId[], run: readonly NodeId[]): number {
  return list.findIndex((_, start) => run.every((node, i) => list[start + i] === node));
}
