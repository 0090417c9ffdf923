import { type Backend, backendFromKernels, type OwnedBuffer, withOwnedBuffers } from '@sluice/core/backend';
import { cpuKernels } from './engine/cpu-kernels.js';

/**
 * The CPU backend on `Float32Array`s, without TensorFlow.js.
 *
 * Buffers are arrays. After `release` the garbage collector frees them. All results are computed when a method returns.
 */
export function createCpuBackend(): Backend<OwnedBuffer<Float32Array>> {
  return withOwnedBuffers(backendFromKernels('cpu', cpuKernels));
}
