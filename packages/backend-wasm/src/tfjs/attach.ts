import { type Backend, backendFromKernels } from '@sluice/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type FixedKernels, loadKernels } from '../engine/fixed-kernels.js';
import type { Floats, Heap } from '../engine/heap.js';
import { type WasmKernels, wasmKernels } from '../engine/wasm-kernels.js';
import { sharedHeap } from './shared-memory.js';

/** Sluice's engine on the memory of one TensorFlow.js backend. */
export interface Attached {
  readonly heap: Heap;
  readonly fixed: FixedKernels;
  readonly kernels: WasmKernels;
  readonly engine: Backend<Floats>;
}

const known = new WeakMap<BackendWasm, Attached>();

/**
 * Puts the engine on a backend's memory.
 * @throws Error when the runtime has no SIMD, the kernels cannot be loaded, or TensorFlow.js is not as expected.
 */
export async function attach(backend: BackendWasm): Promise<void> {
  const heap = sharedHeap(backend);
  const loaded = await loadKernels(heap.memory);
  const kernels = wasmKernels(heap, loaded);
  forgetDisposed(backend, kernels);
  known.set(backend, { heap, fixed: loaded.fixed, kernels, engine: backendFromKernels('wasm', kernels) });
}

/** What is packed of a weight is given back with the tensor that holds it. */
function forgetDisposed(backend: BackendWasm, kernels: Attached['kernels']): void {
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const address = backend.dataIdMap.has(dataId) ? backend.dataIdMap.get(dataId).memoryOffset : undefined;
    const disposed = disposeData(dataId, force);
    if (disposed && address !== undefined) kernels.forget(address);
    return disposed;
  };
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

/** The numbers of a tensor, where they are. */
export function floatsOf(backend: BackendWasm, { dataId, shape }: TensorInfo): Floats {
  const address = backend.dataIdMap.get(dataId).memoryOffset;
  return { address, length: sizeOf(shape) };
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
