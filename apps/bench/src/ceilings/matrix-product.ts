import type { BackendName } from '../backends.js';
import { startTfjs, type Tfjs } from '../contenders/tfjs.js';
import { RandomNumbers } from '../workloads/random.js';

/** Rows and columns of the matrices. Sizes that would take too long are left out. */
const SIZES = [256, 512, 1024, 2048];
const RUNS = 4;

/**
 * GFLOP/s of the product of two large square matrices: the fastest of several runs of TensorFlow.js's `matMul` with
 * Sluice's kernels. The second matrix is plain or transposed, since different kernels compute the two.
 *
 * @param longestSeconds the limit for one product; the smallest size always runs.
 */
export async function matrixProductSpeed(backend: BackendName, longestSeconds: number): Promise<number> {
  const tf = await startTfjs(backend, true);
  let best = 0;
  for (const size of SIZES) {
    const seconds = await fastestProduct(tf, size);
    best = Math.max(best, (2 * size ** 3) / seconds / 1e9);
    // Twice the size is eight times the work.
    if (8 * seconds > longestSeconds) break;
  }
  return best;
}

async function fastestProduct(tf: Tfjs, size: number): Promise<number> {
  const random = new RandomNumbers(3);
  const matrix = () => tf.tensor2d(random.fill(size * size, 1), [size, size]);
  const [a, b] = [matrix(), matrix()];
  let fastest = Number.POSITIVE_INFINITY;
  for (const transposed of [false, true]) {
    for (let i = 0; i < RUNS; i++) {
      const start = performance.now();
      const product = tf.matMul(a, b, false, transposed);
      await product.data();
      fastest = Math.min(fastest, performance.now() - start);
      product.dispose();
    }
  }
  tf.dispose([a, b]);
  return fastest / 1000;
}
