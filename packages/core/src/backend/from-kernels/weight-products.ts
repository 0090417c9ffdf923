import type { Loop, Reference, RowsProduct, WeightsProduct } from '../../loop/loop.js';
import type { Chunk } from './chunks.js';
import { type AnyKernels, transpose } from './matrices.js';
import type { Places } from './places.js';

/** Runs the products of a stage that give gradients of weights, from all steps of a chunk. */
export type RunWeightProducts = typeof runWeightProducts;

/**
 * Runs those of a stage's products that give gradients of weights. Neighbouring ones with the same right-hand side prepare it
 * once. Inference does without this file.
 *
 * @param isFirst whether it is the loop's first chunk: gradients of later chunks are added.
 */
export function runWeightProducts<Memory>(
  kernels: AnyKernels<Memory>,
  { buffers }: Loop,
  products: readonly (RowsProduct | WeightsProduct)[],
  places: Places<Memory>,
  chunk: Chunk,
  isFirst: boolean,
): void {
  const rows = chunk.rows * chunk.steps;
  let last: { readonly from: Reference; readonly right: unknown } | undefined;
  const release = () => last && kernels.releaseRight(last.right);
  for (const product of products) {
    if (product.kind !== 'weights') continue;
    const { left, right: from, result } = product;
    if (last?.from !== from) {
      release();
      last = { from, right: kernels.prepare(places.matrix(from, chunk), left.width, rows, from.width) };
    }
    const accumulate = !isFirst || buffers[result.buffer].zeroed === true;
    const transposed = transpose(places.matrix(left, chunk));
    kernels.multiply(transposed, last.right, places.weights(result), left.width, accumulate);
  }
  release();
}
