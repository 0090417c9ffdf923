import {
  type Backend,
  backendFromKernels,
  type Kernels,
  type OwnedBuffer,
  withOwnedBuffers,
} from '@sluice/core/backend';
import { multiply, prepare, type Right } from './engine/matrix.js';
import { type CompiledProgram, compile, run } from './engine/program.js';

/**
 * The CPU backend on `Float32Array`s, without TensorFlow.js.
 *
 * Buffers are arrays. After `release` the garbage collector frees them. All results are computed when a method returns.
 */
export function createCpuBackend(): Backend<OwnedBuffer<Float32Array>> {
  return withOwnedBuffers(backendFromKernels('cpu', cpuKernels));
}

/** The kernels from which core makes a backend, on typed arrays. */
export const cpuKernels: Kernels<Float32Array, Right, CompiledProgram> = {
  allocate: (length) => new Float32Array(length),
  zeros: (length) => new Float32Array(length),
  release: () => {},
  view: (memory) => memory,
  copy: (from, to, rows, length) => {
    for (let row = 0; row < rows; row++) {
      const start = from.offset + row * from.stride;
      to.memory.set(from.memory.subarray(start, start + length), to.offset + row * to.stride);
    }
  },
  prepare,
  prepareWeights: prepare,
  releaseRight: () => {},
  multiply,
  compile,
  run,
};
