import { type Backend, backendFromKernels } from '@sluice/core';
import { loadKernels } from './engine/fixed-kernels.js';
import type { Floats } from './engine/heap.js';
import { OwnHeap } from './engine/own-heap.js';
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
}

/**
 * The WASM backend on a memory of its own, without TensorFlow.js.
 *
 * Buffers are addresses of float32 numbers in the memory and must be given back with `release`. Everything is computed by
 * the time a method returns. What a buffer holds must not change while it is used as a parameter: weights are packed once
 * and stay packed until they are released.
 *
 * @throws Error when the runtime has no WebAssembly SIMD, or no relaxed SIMD where that is asked for, or when the
 * package's kernels cannot be loaded.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<Backend<Floats>> {
  const memory = options.memory ?? new WebAssembly.Memory({ initial: 1 });
  const loaded = await loadKernels(memory, options.relaxedSimd);
  return backendFromKernels('wasm', wasmKernels(new OwnHeap(memory), loaded));
}
