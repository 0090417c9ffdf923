import type { Backend } from '@sluice/core/backend';
import { watchDevice } from './lanes/device-loss.js';

/** Sluice's own kernels for a backend. */
export interface SluiceKernels {
  /** Loads them; before TensorFlow.js starts the backend. */
  readonly load: () => Promise<unknown>;
  /** Makes Sluice's engine of the same kind, which needs no TensorFlow.js. */
  readonly createEngine: () => Promise<Backend<unknown>>;
}

/** A backend that can be measured, on a number of threads. */
export interface BenchBackend {
  /** What TensorFlow.js calls it. */
  readonly tfjsName: 'cpu' | 'wasm' | 'webgpu';
  readonly threads: number;
  /** Loads TensorFlow.js's own backend, which then starts with so many threads where it can have several. */
  readonly load: () => Promise<unknown>;
  readonly kernels: SluiceKernels;
}

/** `wasm` runs on one thread, `wasm-2` on two, and so on. */
export type BackendName = 'cpu' | 'wasm' | `wasm-${number}` | 'webgpu';

const WITH_THREADS = /^wasm-([2-9]|[1-9]\d+)$/;

export const isBackendName = (name: string): name is BackendName =>
  name === 'cpu' || name === 'wasm' || name === 'webgpu' || WITH_THREADS.test(name);

const known = new Map<BackendName, BenchBackend>();

/** The backend of a name; the same object every time. */
export function backendNamed(name: BackendName): BenchBackend {
  const found = known.get(name) ?? created(name);
  known.set(name, found);
  return found;
}

function created(name: BackendName): BenchBackend {
  if (name === 'cpu') return cpu();
  if (name === 'webgpu') return webgpu();
  return wasm(Number(WITH_THREADS.exec(name)?.[1] ?? 1));
}

const cpu = (): BenchBackend => ({
  tfjsName: 'cpu',
  threads: 1,
  load: () => import('@tensorflow/tfjs-backend-cpu'),
  kernels: {
    load: () => import('@sluice/backend-cpu'),
    createEngine: async () => (await import('@sluice/backend-cpu/engine')).createCpuBackend(),
  },
});

/** All that a number of threads changes is here. */
function wasm(threads: number): BenchBackend {
  let loaded: Promise<unknown> | undefined;
  const loadKernels = async () => (await import('@sluice/backend-wasm')).setThreadsCount(threads);
  return {
    tfjsName: 'wasm',
    threads,
    load: () => loadTfjsWasm(threads),
    kernels: {
      // Once: the number cannot be set any more when the backend has started.
      load: () => {
        loaded ??= loadKernels();
        return loaded;
      },
      createEngine: async () => (await import('@sluice/backend-wasm/engine')).createWasmBackend({ threads }),
    },
  };
}

/** TensorFlow.js takes threads wherever memory can be shared unless told otherwise; in Node it never does. */
async function loadTfjsWasm(threads: number): Promise<void> {
  const [{ env }, { setThreadsCount }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-backend-wasm'),
  ]);
  if (threads === 1) env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  else setThreadsCount(threads);
}

const webgpu = (): BenchBackend => ({
  tfjsName: 'webgpu',
  threads: 1,
  load: () => import('@tensorflow/tfjs-backend-webgpu'),
  kernels: {
    load: () => import('@sluice/backend-webgpu'),
    createEngine: async () => {
      const engine = await (await import('@sluice/backend-webgpu/engine')).createWebgpuBackend();
      watchDevice(engine.device);
      return engine;
    },
  },
});
