import type { Backend } from '@sluice/core';

/** A backend that can be measured in Node, on a number of threads. */
export interface BenchBackend {
  /** What TensorFlow.js calls it. */
  readonly tfjsName: 'cpu' | 'wasm';
  readonly threads: number;
  /** Loads TensorFlow.js's own backend. */
  readonly load: () => Promise<unknown>;
  /** Loads Sluice's kernels for it; before TensorFlow.js starts the backend, which then has so many threads. */
  readonly loadKernels: () => Promise<unknown>;
  /** Makes Sluice's engine of the same kind, which needs no TensorFlow.js. */
  readonly createEngine: () => Promise<Backend<unknown>>;
}

/** `wasm` runs on one thread, `wasm-2` on two, and so on. */
export type BackendName = 'cpu' | 'wasm' | `wasm-${number}`;

/** The backends to choose from, in words. */
export const BACKENDS = ['cpu', 'wasm', 'wasm-N (N threads)'];

const WITH_THREADS = /^wasm-([2-9]|[1-9]\d+)$/;

export const isBackendName = (name: string): name is BackendName =>
  name === 'cpu' || name === 'wasm' || WITH_THREADS.test(name);

const known = new Map<BackendName, BenchBackend>();

/** The backend of a name; the same object every time. */
export function backendNamed(name: BackendName): BenchBackend {
  const found = known.get(name) ?? (name === 'cpu' ? cpu() : wasm(Number(WITH_THREADS.exec(name)?.[1] ?? 1)));
  known.set(name, found);
  return found;
}

const cpu = (): BenchBackend => ({
  tfjsName: 'cpu',
  threads: 1,
  load: () => import('@tensorflow/tfjs-backend-cpu'),
  loadKernels: () => import('@sluice/backend-cpu'),
  createEngine: async () => (await import('@sluice/backend-cpu/engine')).createCpuBackend(),
});

/** All that a number of threads changes is here. TensorFlow.js's own kernels run on one in Node, whatever the number. */
function wasm(threads: number): BenchBackend {
  let loaded: Promise<unknown> | undefined;
  const loadKernels = async () => (await import('@sluice/backend-wasm')).setThreadsCount(threads);
  return {
    tfjsName: 'wasm',
    threads,
    load: () => import('@tensorflow/tfjs-backend-wasm'),
    // Once: the number cannot be set any more when the backend has started.
    loadKernels: () => {
      loaded ??= loadKernels();
      return loaded;
    },
    createEngine: async () => (await import('@sluice/backend-wasm/engine')).createWasmBackend({ threads }),
  };
}
