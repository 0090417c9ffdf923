import { type Backend, backendFromKernels, type Kernels } from '@sluice/core';
import { multiply, prepare, type Right } from './engine/matrix.js';
import { type CompiledProgram, compile, run } from './engine/program.js';

const kernels: Kernels<Float32Array, Right, CompiledProgram> = {
  allocate: (length) => new Float32Array(length),
  release: () => {},
  view: (memory) => memory,
  copy: (from, to, rows, length) => {
    for (let row = 0; row < rows; row++) {
      const start = from.offset + row * from.stride;
      to.memory.set(from.memory.subarray(start, start + length), to.offset + row * to.stride);
    }
  },
  prepare,
  releaseRight: () => {},
  multiply,
  compile,
  run,
};

/**
 * The CPU backend on plain `Float32Array`s, without TensorFlow.js.
 *
 * Buffers are arrays; `release` has nothing to do, the garbage collector frees them. Everything is computed by the
 * time a method returns.
 */
export function createCpuBackend(): Backend<Float32Array> {
  return backendFromKernels('cpu', kernels);
}
