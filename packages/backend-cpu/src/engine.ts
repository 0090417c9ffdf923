import { type Backend, backendFromKernels, type OwnedBuffer, withOwnedBuffers } from '@sluice/core/backend';
import { cpuKernels } from './engine/cpu-kernels.js';

/**
 * The CPU backend on `Float32Array`s, without TensorFlow.js.
 *
 * Buffers hold arrays: `release` lets go of one, and the garbage collector frees it, as it frees buffers that are
 * forgotten. Everything is computed by the time a method returns.
 */
export function createCpuBackend(): Backend<OwnedBuffer<Float32Array>> {
  return withOwnedBuffers(backendFromKernels('cpu', cpuKernels));
}
