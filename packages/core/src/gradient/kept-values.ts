import { type NodeId, operations } from '../equations/operations.js';
import { type Node, operandsOf } from '../graph/graph.js';

/** The kinds of nodes that a forward pass computes. */
const COMPUTED: readonly Node['kind'][] = ['operation', 'product', 'rowOperation', 'slice', 'concat'];

/**
 * The values of the forward pass that are saved for the backward pass.
 *
 * Every forward value that the gradient reads is saved, except inputs, parameters, the values in `available`, and values
 * that cheap operations compute from saved or available ones. The operand of a maximum is not computed again.
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
    return available.has(id) || !COMPUTED.includes(kind);
  };
  // The gradient compares the operand of a maximum with it. Computed again, it may be rounded otherwise and equal nothing.
  const compared = new Set(
    nodes.flatMap((node) => {
      if (node.kind !== 'rowOperation' || node.name !== 'maxWithin') return [];
      const operand = nodes[node.operand];
      return [operand.kind === 'slice' ? operand.operand : node.operand];
    }),
  );
  const cheap = (id: NodeId) => {
    const node = nodes[id];
    if (compared.has(id)) return false;
    return node.kind === 'slice' || (node.kind === 'operation' && operations[node.name].cheap);
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
  /** The value of each block of each buffer. */
  readonly buffers: readonly (readonly NodeId[])[];
  /** The columns of each block. */
  readonly blockWidths: readonly (readonly number[])[];
  /** For each product, the buffer and the first of its blocks there. */
  readonly places: readonly { readonly buffer: number; readonly firstBlock: number }[];
}

/** A product's results: the cotangent and the width of each. */
export interface ResultCotangents {
  readonly cotangents: readonly NodeId[];
  readonly widths: readonly number[];
}

/** Assigns a buffer to every product, from the cotangents of its blocks. Long products come first, so that short ones fit in. */
export function cotangentBuffers(products: readonly ResultCotangents[]): CotangentBuffers {
  const buffers: ResultCotangents[] = [];
  const places: { buffer: number; firstBlock: number }[] = [];
  const longestFirst = products
    .map((_, product) => product)
    .sort((a, b) => products[b].cotangents.length - products[a].cotangents.length);
  for (const product of longestFirst) {
    const blocks = products[product];
    let buffer = buffers.findIndex((candidate) => findRun(candidate, blocks) >= 0);
    if (buffer < 0) buffer = buffers.push(blocks) - 1;
    places[product] = { buffer, firstBlock: findRun(buffers[buffer], blocks) };
  }
  return {
    buffers: buffers.map(({ cotangents }) => cotangents),
    blockWidths: buffers.map(({ widths }) => widths),
    places,
  };
}

/** The position of the blocks `run` in a buffer, or −1. */
function findRun(buffer: ResultCotangents, run: ResultCotangents): number {
  return buffer.cotangents.findIndex((_, start) =>
    run.cotangents.every(
      (node, i) => buffer.cotangents[start + i] === node && buffer.widths[start + i] === run.widths[i],
    ),
  );
}
