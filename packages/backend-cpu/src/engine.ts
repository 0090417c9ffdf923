import { type Backend, backendFromKernels } from '@sluice/core';
import { cpuKernels } from './engine/cpu-kernels.js';

/**
 * The CPU backend on plain `Float32Array`s, without TensorFlow.js.
 *
 * Buffers are arrays; `release` has nothing to do, the garbage collector frees them. Everything is computed by the
 * time a method returns.
 */
export function createCpuBackend(): Backend<Float32Array> {
  return backendFromKernels('cpu', cpuKernels);
}
