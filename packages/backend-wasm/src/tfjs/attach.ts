import { type Backend, backendFromKernels, type Kernels } from '@sluice/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { compileFixedKernels, type FixedKernels, instantiate } from '../engine/fixed-kernels.js';
import type { Floats, Heap } from '../engine/heap.js';
import type { Right } from '../engine/matrix.js';
import type { CompiledProgram } from '../engine/program/programs.js';
import { wasmKernels } from '../engine/wasm-kernels.js';
import { sharedHeap } from './shared-memory.js';

/** Sluice's engine on the memory of one TensorFlow.js backend. */
export interface Attached {
  readonly heap: Heap;
  readonly fixed: FixedKernels;
  readonly kernels: Kernels<Floats, Right, CompiledProgram>;
  readonly engine: Backend<Floats>;
}

const known = new WeakMap<BackendWasm, Attached>();

/**
 * Puts the engine on a backend's memory.
 * @throws Error when the runtime has no SIMD, the kernels cannot be loaded, or TensorFlow.js is not as expected.
 */
export async function attach(backend: BackendWasm): Promise<void> {
  const heap = sharedHeap(backend);
  const fixed = instantiate(await compileFixedKernels(heap.memory), heap.memory);
  const kernels = wasmKernels(heap, fixed);
  known.set(backend, { heap, fixed, kernels, engine: backendFromKernels('wasm', kernels) });
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
