import type { Kernels } from '@sluice/core/backend';
import type { LoadedKernels } from './fixed-kernels.js';
import type { Floats, Heap } from './heap.js';
import { MatrixProducts, type Right } from './matrix.js';
import { type CompiledProgram, Programs } from './program/programs.js';
import { Sequences } from './sequence/sequences.js';
import { Pool } from './threads/pool.js';

/** The kernels on a WebAssembly memory. */
export interface WasmKernels extends Kernels<Floats, Right, CompiledProgram> {
  /** Gives back what is kept for the memory at an address, which `release` does by itself. */
  forget(address: number): void;
  /** How many threads there are: until the first work large enough to share, how many there are to be. */
  threads(): number;
  /** Ends the worker threads; everything then runs on the calling thread. */
  stopThreads(): void;
}

/**
 * The kernels from which core makes a backend, on a memory that a heap gives out.
 * @param threads on how many threads; more than one needs a memory that threads share.
 */
export function wasmKernels(heap: Heap, loaded: LoadedKernels, threads = 1): WasmKernels {
  const { fixed, variant } = loaded;
  const scratch = heap.allocate(fixed.scratchBytes());
  const program = (address: number) => programs.at(address);
  const tools = { memory: heap.memory, fixed, scratch, program };
  const pool = threads > 1 ? new Pool(heap, loaded, threads, tools) : null;
  const products = new MatrixProducts(heap, fixed, scratch, pool);
  const programs = new Programs(heap, fixed, variant, pool);
  const sequences = new Sequences(heap, fixed, products, programs, pool, tools);
  return {
    allocate: (length) => ({ address: heap.allocate(length * 4), length }),
    zeros: (length) => {
      const address = heap.allocate(length * 4);
      fixed.clear(address, length);
      return { address, length };
    },
    release: ({ address }) => {
      products.forget(address);
      heap.release(address);
    },
    forget: (address) => products.forget(address),
    threads: () => pool?.running ?? 1,
    stopThreads: () => pool?.stop(),
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
    prepareWeights: (matrix, _, depth, columns) => products.prepareWeights(matrix, depth, columns),
    releaseRight: (right) => products.release(right),
    multiply: (left, right, result, rows, accumulate) =>
      products.multiply(left, right, result, rows, accumulate),
    compile: (program, units) => programs.compile(program, units),
    run: (compiled, rows, first, count) => programs.run(compiled, rows, first, count),
    runSequence: (stages, steps, first, count, starts) => sequences.run(stages, steps, first, count, starts),
  };
}
