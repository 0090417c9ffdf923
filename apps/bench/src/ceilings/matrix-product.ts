import { type BackendName, backendNamed } from '../backends.js';
import { startTfjs } from '../contenders/tfjs.js';
import { RandomNumbers } from '../workloads/random.js';

/** Rows and columns of the matrices: large for the device, yet a product takes less than a second. */
const SIZES = { cpu: 256, wasm: 1024, webgpu: 1024 };
const RUNS = 4;

/**
 * GFLOP/s of the product of two large square matrices: the fastest of some runs of TensorFlow.js's `matMul` with Sluice's
 * kernels, with the second matrix as it is and transposed, which different kernels compute.
 */
export async function matrixProductSpeed(backend: BackendName): Promise<number> {
  const tf = await startTfjs(backend, !('missing' in backendNamed(backend).kernels));
  const size = SIZES[backendNamed(backend).tfjsName];
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
  return (2 * size ** 3) / fastest / 1e6;
}
