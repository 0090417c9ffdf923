import { RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import type * as tfjs from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc, Optimizer } from '@tensorflow/tfjs-core';
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
  const timers = new KernelTimers();
  const originals = tf.getKernelsForBackend(tf.getBackend());
  const register = (config: KernelConfig) => {
    tf.unregisterKernel(config.kernelName, config.backendName);
    tf.registerKernel(config);
  };
  const { applyGradients } = optimizer;
  optimizer.applyGradients = (gradients) => timers.optimize(() => applyGradients.call(optimizer, gradients));
  for (const config of originals) {
    register({ ...config, kernelFunc: timers.timed(config.kernelName, config.kernelFunc) });
  }
  try {
    // The first batch compiles the timers.
    await runBatch();
    timers.clear();
    let batches = 0;
    const start = performance.now();
    let elapsed = 0;
    while (batches < LEAST_BATCHES || elapsed < seconds * 1000) {
      await runBatch();
      batches += 1;
      elapsed = performance.now() - start;
    }
    return timers.profile(batches, elapsed);
  } finally {
    optimizer.applyGradients = applyGradients;
    for (const config of originals) register(config);
  }
}

class KernelTimers {
  private readonly totals = new Map<string, { -readonly [Key in keyof KernelTime]: KernelTime[Key] }>();
  private optimizerMs = 0;
  private optimizing = false;
  private running = false;

  /** The kernel with a timer around it. The time of a kernel includes the kernels that it calls. */
  timed(kernel: string, kernelFunc: KernelFunc): KernelFunc {
    return (call) => {
      if (this.running) return kernelFunc(call);
      this.running = true;
      const start = performance.now();
      try {
        return kernelFunc(call);
      } finally {
        this.add(kernel, performance.now() - start);
        this.running = false;
      }
    };
  }

  optimize(work: () => void): void {
    this.optimizing = true;
    const start = performance.now();
    try {
      work();
    } finally {
      this.optimizerMs += performance.now() - start;
      this.optimizing = false;
    }
  }

  clear(): void {
    this.totals.clear();
    this.optimizerMs = 0;
  }

  profile(batches: number, elapsed: number): Profile {
    const kernels = [...this.totals.values()].map(({ kernel, group, calls, ms }) => ({
      kernel,
      group,
      calls: calls / batches,
      ms: ms / batches,
    }));
    kernels.sort((a, b) => b.ms - a.ms);
    return { batches, batchMs: elapsed / batches, optimizerMs: this.optimizerMs / batches, kernels };
  }

  private add(kernel: string, ms: number): void {
    const group = this.optimizing ? 'optimizer' : (GROUP_OF[kernel] ?? 'rest');
    const key = `${group} ${kernel}`;
    const total = this.totals.get(key) ?? { kernel, group, calls: 0, ms: 0 };
    total.calls += 1;
    total.ms += ms;
    this.totals.set(key, total);
  }
}
