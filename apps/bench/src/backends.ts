import type { Backend } from '@sluice/core';

/** A TensorFlow.js backend that can be measured in Node. */
export interface BenchBackend {
  readonly threads: number;
  /** Loads TensorFlow.js's own backend. */
  readonly load: () => Promise<unknown>;
  /** Loads Sluice's kernels for it. */
  readonly loadKernels: () => Promise<unknown>;
  /** Makes Sluice's engine of the same kind, which needs no TensorFlow.js. */
  readonly createEngine: () => Promise<Backend<unknown>>;
}

/** The backends to choose from, by the name TensorFlow.js gives them. */
export const backends = {
  cpu: {
    threads: 1,
    load: () => import('@tensorflow/tfjs-backend-cpu'),
    loadKernels: () => import('@sluice/backend-cpu'),
    createEngine: async () => (await import('@sluice/backend-cpu/engine')).createCpuBackend(),
  },
  // TensorFlow.js runs it on one thread in Node.
  wasm: {
    threads: 1,
    load: () => import('@tensorflow/tfjs-backend-wasm'),
    loadKernels: () => import('@sluice/backend-wasm'),
    createEngine: async () => (await import('@sluice/backend-wasm/engine')).createWasmBackend(),
  },
} as const satisfies Readonly<Record<string, BenchBackend>>;

export type BackendName = keyof typeof backends;

export const BACKENDS = Object.keys(backends) as BackendName[];

/** A backend as the interface describes it, whichever it is. */
export const backendNamed = (name: BackendName): BenchBackend => backends[name];
