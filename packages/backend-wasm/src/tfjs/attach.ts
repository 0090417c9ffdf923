import { pointwiseKernel } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc } from '@tensorflow/tfjs-core';
import { isShared } from '../engine/features.js';
import { type FixedKernels, loadKernels } from '../engine/fixed-kernels.js';
import type { Heap } from '../engine/heap.js';
import { type WasmKernels, wasmKernels } from '../engine/wasm-kernels.js';
import { copyingKernels } from './copying-kernels.js';
import { onDispose, onEnd } from './dispose.js';
import { kernelsInPlace } from './kernels-in-place.js';
import { refuseFullMemory, sharedHeap } from './shared-memory.js';
import { tensorsInPlace } from './tensors.js';
import { ended, threadsToStart } from './threads.js';

/** Sluice's engine on the memory of one TensorFlow.js backend. */
export interface Attached {
  readonly heap: Heap;
  readonly fixed: FixedKernels;
  readonly kernels: WasmKernels;
  /** The recurrent kernels by their names. */
  readonly recurrent: ReadonlyMap<string, KernelFunc>;
  /** Pointwise programs over TensorFlow.js's own memory, also where the recurrent kernels copy: it is as fast as memory is. */
  readonly pointwise: KernelFunc;
}

const known = new WeakMap<BackendWasm, Attached>();

/**
 * Puts the engine on a backend's memory. Threads work there too where it is shared, as it is in isolated pages; elsewhere,
 * as in Node, they get a memory of their own and copies.
 *
 * @throws Error when the runtime has no SIMD, the kernels cannot be loaded, or TensorFlow.js is not as expected.
 */
export async function attach(backend: BackendWasm): Promise<void> {
  const heap = sharedHeap(backend);
  refuseFullMemory(backend);
  const threads = threadsToStart();
  const loaded = await loadKernels(heap.memory);
  const inPlace = threads === 1 || isShared(heap.memory);
  const kernels = wasmKernels(heap, loaded, inPlace ? threads : 1);
  onDispose(backend, (_, address) => kernels.forget(address));
  onEnd(backend, () => {
    kernels.stopThreads();
    ended();
  });
  const here = kernelsInPlace(kernels);
  const recurrent = inPlace ? here : await copyingKernels(backend, heap, threads, here);
  const pointwise = pointwiseKernel(kernels, tensorsInPlace).kernelFunc as unknown as KernelFunc;
  known.set(backend, { heap, fixed: loaded.fixed, kernels, recurrent, pointwise });
}

/** @throws Error when `attach` has not finished. */
export function attachedTo(backend: BackendWasm): Attached {
  const found = known.get(backend);
  if (found) return found;
  throw new Error(
    "TensorFlow.js's wasm backend was started before @sluice/backend-wasm was imported, and its kernels are not loaded " +
      'yet: import @sluice/backend-wasm before tf.setBackend, or wait for it with `await ready` (exported by the package).',
  );
}
