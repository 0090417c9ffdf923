import { type Backend, backendFromKernels, type OwnedBuffer, withOwnedBuffers } from '@sluice/core/backend';
import { isShared } from './engine/features.js';
import { loadKernels } from './engine/fixed-kernels.js';
import { createSharedMemory, type Floats, GrowingHeap } from './engine/heap.js';
import { threadCount } from './engine/threads/thread-count.js';
import { wasmKernels } from './engine/wasm-kernels.js';

export type { Floats };

export interface WasmBackendOptions {
  /**
   * The memory to work on. The backend makes it grow and uses only the pages it has added; what is in it stays
   * as it is. Views of its buffer that were taken before it grew are detached, as always. Default: a memory of its own.
   */
  readonly memory?: WebAssembly.Memory;
  /**
   * Whether a product and the sum it is added to are rounded once, by relaxed SIMD, which is faster (in matrix products
   * by a third) and differs in the last bits from what runtimes without it compute. Default: where the runtime has it.
   */
  readonly relaxedSimd?: boolean;
  /**
   * On how many threads to run, the calling one among them. Default: as many as the machine runs at once, at most 8, where
   * memory can be shared (Node, pages that are cross-origin isolated); 1 with a `memory` that threads do not share. Worker
   * threads start with the first work large enough to share.
   */
  readonly threads?: number;
}

/** The WASM backend, which has threads to end. */
export interface WasmBackend extends Backend<OwnedBuffer<Floats>> {
  /**
   * On how many threads it runs: until the first work large enough to share, how many it is to have; then how many there are,
   * fewer where workers could not start or have ended.
   */
  readonly threads: number;
  /** Ends the worker threads. The backend goes on on the calling thread alone. */
  stopThreads(): void;
}

/**
 * The WASM backend on a memory of its own, without TensorFlow.js.
 *
 * Buffers hold addresses of float32 numbers in the memory and must be given back with `release`. Everything is computed by
 * the time a method returns. What a buffer holds must not change while it is used as a parameter: weights are packed once
 * and stay packed until they are released.
 *
 * @throws RangeError when the number of threads is not a whole one from 1 to 64, TypeError when they cannot share the memory,
 * Error when the runtime has no WebAssembly SIMD, or no relaxed SIMD where that is asked for, or when the
 * package's kernels cannot be loaded.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<WasmBackend> {
  const { memory: given, relaxedSimd } = options;
  const isUnshared = given !== undefined && !isShared(given);
  if (isUnshared && (options.threads ?? 1) > 1) {
    throw new TypeError(
      `${options.threads} threads need a memory that they share: give one made with shared: true, or leave it out.`,
    );
  }
  const threads = isUnshared ? 1 : threadCount(options.threads);
  const memory = given ?? (threads > 1 ? createSharedMemory() : new WebAssembly.Memory({ initial: 1 }));
  const kernels = wasmKernels(new GrowingHeap(memory), await loadKernels(memory, relaxedSimd), threads);
  return {
    ...withOwnedBuffers(backendFromKernels('wasm', kernels)),
    get threads() {
      return kernels.threads();
    },
    stopThreads: () => kernels.stopThreads(),
  };
}
