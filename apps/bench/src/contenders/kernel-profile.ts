import { RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import type * as tfjs from '@tensorflow/tfjs-core';
import type { KernelConfig, Optimizer } from '@tensorflow/tfjs-core';
import type { KernelGroup, KernelTime, Profile } from '../run/results.js';

const GROUP_OF: Readonly<Record<string, KernelGroup>> = {
  [RECURRENT]: 'recurrent forward',
  [RECURRENT_GRADIENT]: 'recurrent gradient',
  GatherV2: 'embedding',
  // The gradient of an embedding is one of these two.
  ScatterNd: 'embedding',
  UnsortedSegmentSum: 'embedding',
};

const LEAST_BATCHES = 3;

/**
 * Times every kernel of training batches, for about `seconds`. Only on backends whose kernels have computed when they
 * return, such as cpu and wasm. The timers take time themselves, so do not compare these batches with others.
 *
 * @param runBatch trains one batch and waits for it.
 */
export async function profileKernels(
  tf: typeof tfjs,
  optimizer: Optimizer,
  runBatch: () => Promise<unknown>,
  seconds: number,
): Promise<Profile> {
  const totals = new Map<string, KernelTime>();
  let optimizerMs = 0;
  let optimizing = false;
  let running = false;

  const add = (kernel: string, milliseconds: number) => {
    const group = optimizing ? 'optimizer' : (GROUP_OF[kernel] ?? 'rest');
    const { calls, ms } = totals.get(`${group} ${kernel}`) ?? { calls: 0, ms: 0 };
    totals.set(`${group} ${kernel}`, { kernel, group, calls: calls + 1, ms: ms + milliseconds });
  };
  /** The kernel with a timer around it. The time of a kernel includes the kernels that it calls. */
  const timed = ({ kernelFunc, ...config }: KernelConfig): KernelConfig => ({
    ...config,
    kernelFunc(call) {
      if (running) return kernelFunc(call);
      running = true;
      const start = performance.now();
      const result = kernelFunc(call);
      add(config.kernelName, performance.now() - start);
      running = false;
      return result;
    },
  });
  const register = (config: KernelConfig) => {
    tf.unregisterKernel(config.kernelName, config.backendName);
    tf.registerKernel(config);
  };

  const originals = tf.getKernelsForBackend(tf.getBackend());
  const { applyGradients } = optimizer;
  optimizer.applyGradients = (gradients) => {
    optimizing = true;
    const start = performance.now();
    applyGradients.call(optimizer, gradients);
    optimizerMs += performance.now() - start;
    optimizing = false;
  };
  for (const config of originals) register(timed(config));
  try {
    // The first batch compiles the timers.
    await runBatch();
    totals.clear();
    optimizerMs = 0;
    const start = performance.now();
    let batches = 0;
    let elapsed = 0;
    while (batches < LEAST_BATCHES || elapsed < seconds * 1000) {
      await runBatch();
      batches += 1;
      elapsed = performance.now() - start;
    }
    const kernels = [...totals.values()]
      .map(({ calls, ms, ...kernel }) => ({ ...kernel, calls: calls / batches, ms: ms / batches }))
      .sort((a, b) => b.ms - a.ms);
    return { batches, batchMs: elapsed / batches, optimizerMs: optimizerMs / batches, kernels };
  } finally {
    optimizer.applyGradients = applyGradients;
    for (const config of originals) register(config);
  }
}
