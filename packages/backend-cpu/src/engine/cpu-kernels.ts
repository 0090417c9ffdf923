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
  prepare,
  prepareWeights: prepare,
  releaseRight: () => {},
  multiply,
  runRows,
  compile,
  run,
};
