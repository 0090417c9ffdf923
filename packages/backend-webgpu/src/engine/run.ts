import type { Tiling } from './kernels/multiply-kernel.js';
import type { GpuFloats, Memory } from './memory.js';
import type { Recorder } from './recorder.js';

/** The work of one call. */
export interface Run {
  readonly recorder: Recorder;
  /** The tiling of matrix products. */
  readonly tiling: Tiling;
  /** Allocates a buffer for `length` numbers with undefined contents; it is released when the call ends. */
  readonly allocateTemporary: (length: number) => GPUBuffer;
  /** Allocates a buffer for `length` numbers of a result, which the caller owns. */
  readonly allocateResult: (length: number) => GpuFloats;
}

export interface RunOptions extends Pick<Run, 'recorder' | 'tiling'> {
  /** Where temporary buffers come from. */
  readonly memory: Memory;
  /** Where buffers for results come from. */
  readonly results: Memory;
  readonly allocate: (memory: Memory, length: number) => GPUBuffer;
  /** Submits the recorded work, which fills the buffers of results. */
  readonly submit: (results: readonly GPUBuffer[]) => void;
}

/** Records and submits the work of one call. When that throws, all buffers of the call are released. */
export function runCall<Result>(options: RunOptions, record: (run: Run) => Result): Result {
  const { recorder, tiling, memory, results, allocate, submit } = options;
  const temporaries: GPUBuffer[] = [];
  const filled: GPUBuffer[] = [];
  const allocateInto = (list: GPUBuffer[], from: Memory, length: number) => {
    const buffer = allocate(from, length);
    list.push(buffer);
    return buffer;
  };
  try {
    const result = record({
      recorder,
      tiling,
      allocateTemporary: (length) => allocateInto(temporaries, memory, length),
      allocateResult: (length) => ({ buffer: allocateInto(filled, results, length), length }),
    });
    submit(filled);
    return result;
  } catch (error) {
    for (const buffer of filled) results.release(buffer);
    throw error;
  } finally {
    for (const buffer of temporaries) memory.release(buffer);
  }
}
