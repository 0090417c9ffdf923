import type { Kernels } from '@sluice/core';
import type { FixedKernels } from './fixed-kernels.js';
import type { Floats, Heap } from './heap.js';
import { MatrixProducts, type Right } from './matrix.js';
import { type CompiledProgram, Programs } from './program/programs.js';

/** The kernels from which core makes a backend, on a memory that a heap gives out. */
export function wasmKernels(heap: Heap, fixed: FixedKernels): Kernels<Floats, Right, CompiledProgram> {
  const products = new MatrixProducts(heap, fixed);
  const programs = new Programs(heap, fixed);
  return {
    allocate: (length) => {
      const address = heap.allocate(length * 4);
      fixed.clear(address, length);
      return { address, length };
    },
    release: ({ address }) => heap.release(address),
    view: ({ address, length }) => new Float32Array(heap.memory.buffer, address, length),
    copy: (from, to, rows, length) =>
      fixed.copyRows(
        from.memory.address + from.offset * 4,
        from.stride * 4,
        to.memory.address + to.offset * 4,
        to.stride * 4,
        rows,
        length,
      ),
    prepare: (matrix, rows, depth, columns) => products.prepare(matrix, rows, depth, columns),
    releaseRight: (right) => products.release(right),
    multiply: (left, right, result, rows, accumulate) =>
      products.multiply(left, right, result, rows, accumulate),
    compile: (program, units) => programs.compile(program, units),
    run: (compiled, rows, count) => programs.run(compiled, rows, count),
  };
}
