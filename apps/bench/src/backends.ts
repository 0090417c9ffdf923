import { type Backend, type PackagedBackendName, packagedBackends } from '@sluice/core/backend';
import type { Machine } from './run/results.js';
import { watchDevice } from './workers/device-loss.js';

/** A backend of Sluice's, or one that `addBackend` has added. `wasm` runs on one thread, `wasm-2` on two, and so on. */
export type BackendName = string;

/** The names to choose from, for a reader. */
export const BACKENDS = [...packagedBackends.map(({ name }) => name), 'wasm-N (N threads)'];

/** A backend that can be measured, on a number of threads. */
export interface BenchBackend {
  /** The name in TensorFlow.js. */
  readonly tfjsName: string;
  readonly threads: number;
  /** The name for a reader. */
  readonly label: string;
  /** Why the backend cannot run on a machine; undefined when it can. */
  readonly missingOn: (machine: Machine) => string | undefined;
  /** Loads TensorFlow.js's own backend, which then starts with this number of threads where it can. */
  readonly load: () => Promise<unknown>;
  readonly kernels: {
    /** Loads Sluice's kernels; call it before TensorFlow.js starts the backend. */
    readonly load: () => Promise<unknown>;
    /** Makes Sluice's engine of the same kind, which needs no TensorFlow.js. */
    readonly createEngine: () => Promise<Backend<unknown>>;
  };
}

const WITH_THREADS = /^wasm-([2-9]|[1-9]\d+)$/;

const cpu: BenchBackend = {
  tfjsName: 'cpu',
  threads: 1,
  label: 'CPU (JavaScript)',
  missingOn: () => undefined,
  load: () => import('@tensorflow/tfjs-backend-cpu'),
  kernels: {
    load: () => import('@sluice/backend-cpu'),
    createEngine: async () => (await import('@sluice/backend-cpu/engine')).createCpuBackend(),
  },
};

function wasm(threads: number): BenchBackend {
  let loaded: Promise<unknown> | undefined;
  const loadKernels = async () => (await import('@sluice/backend-wasm')).setThreadsCount(threads);
  return {
    tfjsName: 'wasm',
    threads,
    label: threads === 1 ? 'WASM, 1 thread' : `WASM, ${threads} threads`,
    missingOn({ simd, sharedMemory }) {
      if (!simd) return 'there is no WebAssembly SIMD here';
      return threads > 1 && !sharedMemory ? 'threads need a page that is cross-origin isolated' : undefined;
    },
    // TensorFlow.js uses threads wherever memory can be shared unless this flag is off; in Node it never does.
    async load() {
      const [{ env }, { setThreadsCount }] = await Promise.all([
        import('@tensorflow/tfjs-core'),
        import('@tensorflow/tfjs-backend-wasm'),
      ]);
      if (threads === 1) env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      else setThreadsCount(threads);
    },
    kernels: {
      // Once: the number of threads cannot change after the backend has started.
      load: () => {
        loaded ??= loadKernels();
        return loaded;
      },
      createEngine: async () => (await import('@sluice/backend-wasm/engine')).createWasmBackend({ threads }),
    },
  };
}

const webgpu: BenchBackend = {
  tfjsName: 'webgpu',
  threads: 1,
  label: 'WebGPU',
  missingOn: ({ webgpu }) => ('missing' in webgpu ? webgpu.missing : undefined),
  load: () => import('@tensorflow/tfjs-backend-webgpu'),
  kernels: {
    load: () => import('@sluice/backend-webgpu'),
    createEngine: async () => {
      const engine = await (await import('@sluice/backend-webgpu/engine')).createWebgpuBackend();
      watchDevice(engine.device);
      return engine;
    },
  },
};

const packaged: Readonly<Record<PackagedBackendName, BenchBackend>> = { cpu, webgpu, wasm: wasm(1) };
const known = new Map<BackendName, BenchBackend>(Object.entries(packaged));

export const isBackendName = (name: string): boolean => known.has(name) || WITH_THREADS.test(name);

/**
 * Adds a backend of the user's. `sluice-engine` measures it, and `sluice` for steps; the others measure the TensorFlow.js
 * backend of that name, if the same module has registered one.
 *
 * @throws RangeError when a backend has that name.
 */
export function addBackend(name: string, createEngine: () => Promise<Backend<unknown>>): void {
  if (isBackendName(name))
    throw new RangeError(`There is a backend '${name}' already; give yours another name.`);
  known.set(name, ownBackend(name, createEngine));
}

/** A backend that is not Sluice's; without an engine, one that a file of results names. */
const ownBackend = (name: string, createEngine?: () => Promise<Backend<unknown>>): BenchBackend => ({
  tfjsName: name,
  threads: 1,
  label: name,
  missingOn: () => (createEngine ? undefined : 'it is a backend of another program'),
  load: async () => {},
  kernels: {
    load: async () => {},
    createEngine: createEngine ?? (() => Promise.reject(new Error(`The backend '${name}' is not imported.`))),
  },
});

/** The backend of a name; the same object every time. */
export function backendNamed(name: BackendName): BenchBackend {
  const [, threads] = WITH_THREADS.exec(name) ?? [];
  if (threads && !known.has(name)) known.set(name, wasm(Number(threads)));
  return known.get(name) ?? ownBackend(name);
}
