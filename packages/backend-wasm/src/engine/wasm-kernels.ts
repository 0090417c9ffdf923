import type { Kernels } from '@sluice/core/backend';
import type { LoadedKernels } from './fixed-kernels.js';
import type { Floats, Heap } from './heap.js';
import { MatrixProducts, type Right } from './matrix.js';
import { type CompiledProgram, createPrograms } from './program/programs.js';
import { runRows } from './rows.js';
import { createTools } from './sequence/loop.js';
import { sequences } from './sequence/sequences.js';

/** The kernels on a WebAssembly memory. */
export interface WasmKernels extends Kernels<Floats, Right, CompiledProgram> {
  /** Releases the packed weights of the memory at an address. `release` does it as well. */
  forget(address: number): void;
  /** The number of running threads; before the first shared work, the number that it will start. */
  threads(): number;
  /** Ends the workers. Later work runs on the calling thread. */
  stopThreads(): void;
}

/**
 * The kernels of which core makes a backend, on the memory of a heap.
 *
 * @param threads the number of threads; more than one need a shared memory.
 */
export async function wasmKernels(heap: Heap, loaded: LoadedKernels, threads = 1): Promise<WasmKernels> {
  const { fixed, variant } = loaded;
  const scratch = heap.allocate(fixed.scratchBytes());
  const tools = createTools(heap.memory, fixed, scratch, (address) => programs.at(address));
  // Loaded when it is needed: most pages are not cross-origin isolated and have one thread.
  const pool =
    threads > 1 ? new (await import('./threads/pool.js')).Pool(heap, loaded, threads, tools) : null;
  const products = new MatrixProducts(heap, fixed, scratch, pool);
  const programs = createPrograms(heap, tools, variant, pool);
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
    prepare: (matrix, rows, depth, columns) => products.prepare(matrix, rows, depth, columns),
    prepareWeights: (matrix, _, depth, columns) => products.prepareWeights(matrix, depth, columns),
    releaseRight: (right) => products.release(right),
    multiply: (left, right, result, rows, accumulate) =>
      products.multiply(left, right, result, rows, accumulate),
    runRows: (operation, first, count) => runRows(fixed, operation, first, count),
    compile: programs.compile,
    run: programs.run,
    runSequence: sequences(heap, products, pool, tools),
  };
}
