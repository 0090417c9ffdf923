import type { NodeId } from '../equations/operations.js';

/**
 * Where the cotangents of the products' results are kept over the whole sequence, for the matrix products behind the
 * loop. Products whose blocks have the very same cotangents share a buffer: in an LSTM `W x` and `U h` have one.
 */
export interface CotangentBuffers {
  /** The value each block of each buffer holds; a buffer is `[batch, timesteps, blocks·units]`. */
  readonly buffers: readonly (readonly NodeId[])[];
  /** For each product, the buffer and the first of its blocks there. */
  readonly places: readonly { readonly buffer: number; readonly firstBlock: number }[];
}

/** Assigns a buffer to every product, given the cotangents of its blocks; longest first, so that shorter ones fit in. */
export function cotangentBuffers(products: readonly (readonly NodeId[])[]): CotangentBuffers {
  const buffers: (readonly NodeId[])[] = [];
  const places: { buffer: number; firstBlock: number }[] = [];
  const longestFirst = products
    .map((_, product) => product)
    .sort((a, b) => products[b].length - products[a].length);
  for (const product of longestFirst) {
    const blocks = products[product];
    let buffer = buffers.findIndex((candidate) => runIn(candidate, blocks) >= 0);
    if (buffer < 0) buffer = buffers.push(blocks) - 1;
    places[product] = { buffer, firstBlock: runIn(buffers[buffer], blocks) };
  }
  return { buffers, places };
}

/** Where `run` stands as neighbours within `list`, or −1. */
function runIn(list: readonly NodeId[], run: readonly NodeId[]): number {
  return list.findIndex((_, start) => run.every((node, i) => list[start + i] === node));
}
