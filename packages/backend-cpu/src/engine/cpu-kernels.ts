import type { Kernels } from '@sluice/core/backend';
import { multiply, prepare, type Right } from './matrix.js';
import { type CompiledProgram, compile, run } from './program.js';
import { runRows } from './rows.js';

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
  runRows,
  compile,
  run,
};
