import { pointwiseKernel } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  engine,
  findBackendFactory,
  type KernelFunc,
  registerBackend,
  removeBackend,
} from '@tensorflow/tfjs-core';
import { isShared, requireSimd } from '../engine/features.js';
import { type FixedKernels, loadKernels } from '../engine/fixed-kernels.js';
import type { Heap } from '../engine/heap.js';
import { type WasmKernels, wasmKernels } from '../engine/wasm-kernels.js';
import { copyingKernels, kernelsInPlace } from './recurrent-kernels.js';
import { refuseFullMemory, sharedHeap } from './shared-memory.js';
import { callOnDispose, callOnDisposeData, tensorsInPlace } from './tensors.js';
import { allowThreadsCount, threadsToStart } from './threads.js';

/** Sluice's engine on the memory of one TensorFlow.js backend. */
export interface Attached {
  readonly heap: Heap;
  readonly fixed: FixedKernels;
  readonly kernels: WasmKernels;
  /** The recurrent kernels by name. */
  readonly recurrent: ReadonlyMap<string, KernelFunc>;
  /** Pointwise programs always run in place: memory limits their speed. */
  readonly pointwise: KernelFunc;
}

const attachments = new WeakMap<BackendWasm, Attached>();

/**
 * Puts the engine on a backend's memory. Its threads work there if that memory is shared, as in isolated pages. Else, as
 * in Node, they work on a memory of their own, and inputs and results are copied.
 *
 * @throws Error when the runtime has no SIMD, the kernels cannot be loaded, or the version of TensorFlow.js is unknown.
 */
async function attach(backend: BackendWasm): Promise<void> {
  const heap = sharedHeap(backend);
  refuseFullMemory(backend);
  const threads = threadsToStart();
  const loaded = await loadKernels(heap.memory);
  const inPlace = threads === 1 || isShared(heap.memory);
  const kernels = await wasmKernels(heap, loaded, inPlace ? threads : 1);
  callOnDisposeData(backend, (_, address) => kernels.forget(address));
  callOnDispose(backend, () => {
    kernels.stopThreads();
    allowThreadsCount();
  });
  const here = kernelsInPlace(kernels);
  const recurrent = inPlace ? here : await copyingKernels(backend, heap, threads, here);
  const pointwise = pointwiseKernel(kernels, tensorsInPlace).kernelFunc as unknown as KernelFunc;
  attachments.set(backend, { heap, fixed: loaded.fixed, kernels, recurrent, pointwise });
}

/** @throws Error when `attach` has not finished. */
export function attachedTo(backend: BackendWasm): Attached {
  const found = attachments.get(backend);
  if (found) return found;
  throw new Error(
    "TensorFlow.js's wasm backend was started before @sluice/backend-wasm was imported, and its kernels are not loaded " +
      'yet: import @sluice/backend-wasm before tf.setBackend, or wait for it with `await ready` (exported by the package).',
  );
}

/** The priority with which TensorFlow.js registers its wasm backend. */
const PRIORITY = 2;

/**
 * Registers a wasm backend that `tf.setBackend` starts together with Sluice's kernels, so that errors appear there. A
 * backend that runs already gets the kernels as soon as they are loaded.
 *
 * @returns resolves when a backend that runs already has the kernels; at once without such a backend.
 */
export function start(): Promise<void> {
  // Not findBackend: it would start the backend.
  const running = engine().registry.wasm as BackendWasm | undefined;
  if (running) return attach(running);
  const factory = findBackendFactory('wasm');
  removeBackend('wasm');
  registerBackend(
    'wasm',
    async () => {
      // TensorFlow.js's own error does not name a fix.
      await requireSimd();
      const backend = (await factory()) as BackendWasm;
      await attach(backend);
      return backend;
    },
    PRIORITY,
  );
  return Promise.resolve();
}
