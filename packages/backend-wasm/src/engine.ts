import {
  type Backend,
  backendFromKernels,
  type InferenceBackend,
  inferenceFromKernels,
  type OwnedBuffer,
  withOwnedBuffers,
  withOwnedInference,
} from '@sluice/core/backend';
import { canShareMemory, isShared } from './engine/features.js';
import { loadKernels } from './engine/fixed-kernels.js';
import { type Floats, GrowingHeap } from './engine/heap.js';
import { type WasmKernels, wasmKernels } from './engine/wasm-kernels.js';

export type { Floats };

export interface WasmBackendOptions {
  /**
   * The memory to work on. The backend grows it and uses only the added pages; it leaves the others as they are. As
   * always, views of the buffer from before it grew are detached. Default: a new memory.
   */
  readonly memory?: WebAssembly.Memory;
  /**
   * Whether to multiply and add with one rounding, by relaxed SIMD. It makes matrix products a third faster, and the
   * last bits differ from those of runtimes without it. Default: whether the runtime has it.
   */
  readonly relaxedSimd?: boolean;
  /**
   * The number of threads, the calling thread included. Default: the processors of the machine, at most 8, if threads
   * can share memory (in Node and in pages that are cross-origin isolated); 1 with a `memory` that is not shared. The
   * workers start with the first work that is large enough to share.
   */
  readonly threads?: number;
}

/** The threads of the WASM backend, which can be ended. */
export interface WasmThreads {
  /**
   * The number of running threads; before the first shared work, the number that it will start. It is smaller when
   * workers could not start or have ended.
   */
  readonly threads: number;
  /** Ends the workers. The backend goes on with the calling thread alone. */
  stopThreads(): void;
}

/** The WASM backend. */
export interface WasmBackend extends Backend<OwnedBuffer<Floats>>, WasmThreads {}

/** The WASM backend without the gradient. */
export interface WasmInference extends InferenceBackend<OwnedBuffer<Floats>>, WasmThreads {}

/**
 * The WASM backend without TensorFlow.js.
 *
 * Buffers hold addresses of float32 numbers; release them with `release`. All methods compute before they return. Do not
 * change the numbers of a buffer that is used as a parameter: weights are packed once and stay packed until they are
 * released.
 *
 * @throws RangeError when `threads` is not a whole number from 1 to 64, TypeError when threads cannot share the memory,
 * Error when the runtime lacks WebAssembly SIMD, or relaxed SIMD that the options ask for, or when the kernels cannot be
 * loaded.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<WasmBackend> {
  const kernels = await startKernels(options);
  return withThreads(kernels, withOwnedBuffers(backendFromKernels('wasm', kernels)));
}

/**
 * The WASM backend for pages that do not train: `createWasmBackend` without `gradient`. A page that imports this function alone
 * does not load the code of the gradient.
 *
 * @throws what `createWasmBackend` throws.
 */
export async function createWasmInference(options: WasmBackendOptions = {}): Promise<WasmInference> {
  const kernels = await startKernels(options);
  return withThreads(kernels, withOwnedInference(inferenceFromKernels('wasm', kernels), 'createWasmBackend'));
}

async function startKernels({ memory: given, threads: requested, relaxedSimd }: WasmBackendOptions) {
  const isUnshared = given !== undefined && !isShared(given);
  const canShare = canShareMemory();
  const isSingle = requested === 1 || (requested === undefined && (isUnshared || !canShare));
  const { threads, memory } = isSingle
    ? { threads: 1, memory: given ?? new WebAssembly.Memory({ initial: 1 }) }
    : (await import('./engine/threads/thread-count.js')).chooseThreads(
        requested,
        given,
        isUnshared,
        canShare,
      );
  return wasmKernels(new GrowingHeap(memory), await loadKernels(memory, relaxedSimd), threads);
}

/** A backend with the threads of its kernels. */
const withThreads = <Methods>(kernels: WasmKernels, backend: Methods): Methods & WasmThreads => ({
  ...backend,
  get threads() {
    return kernels.threads();
  },
  stopThreads: () => kernels.stopThreads(),
});
