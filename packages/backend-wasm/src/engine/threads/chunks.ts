import type { FixedKernels } from '../fixed-kernels.js';
import { MOST_CHUNKS } from './work-queue.js';

/**
 * Runs a program on rows; an argument block holds their addresses.
 *
 * @param count the number of rows.
 * @param steps the number of time steps of each row.
 * @param block the address of the argument block.
 */
export type RunProgram = (count: number, steps: number, block: number) => void;

/** What a thread needs to run chunks. */
export interface Tools {
  readonly memory: WebAssembly.Memory;
  readonly fixed: FixedKernels;
  /** The address of the thread's scratch memory for matrix products. */
  readonly scratch: number;
  /** Finds the function of the program whose module has its bytes at an address. */
  program(address: number, length: number): RunProgram;
}

/** Columns of a panel of a packed matrix. */
export const PANEL = 16;

/** Rows are divided in pairs, as the tile takes them. */
export const ROW_GROUP = 2;

/** The index of the first of `total` items that belongs to a chunk. Chunks get whole groups of `group` items. */
export const firstOfChunk = (chunk: number, chunks: number, total: number, group: number): number =>
  Math.min(total, Math.floor((chunk * Math.ceil(total / group)) / chunks) * group);

/** Arithmetic operations that are worth a chunk: about 5 µs; handing it over takes 1 µs. */
const CHUNK_WORK = 200_000;
/** Chunks of a large job for each thread: a late thread still finds one. */
const CHUNKS_PER_THREAD = 4;

/**
 * The number of chunks for work of so many operations: a multiple of the number of threads, or 1 when sharing does not
 * pay. It depends on nothing else, so sums that are formed chunk by chunk are the same in every run.
 *
 * @param most the number of parts into which the work can be divided.
 */
export function countChunks(work: number, threads: number, most: number): number {
  const chunks = Math.min(work / CHUNK_WORK, most, CHUNKS_PER_THREAD * threads, MOST_CHUNKS);
  const rounds = Math.floor(chunks / threads);
  return Math.max(1, rounds * threads);
}

/** The least rows of a chunk for which a time loop with matrix products pays: it loads all weights at every step. */
const ENOUGH_ROWS = 16;

/**
 * The number of chunks for the rows of a time loop with matrix products. Each chunk reads all weights at every step, so
 * a loop with less than one tile of rows for each thread stays in one chunk.
 */
export function countLoopChunks(work: number, threads: number, rows: number): number {
  if (rows < threads * ROW_GROUP || work < threads * CHUNK_WORK) return 1;
  return countChunks(work, threads, Math.max(threads, Math.floor(rows / ENOUGH_ROWS)));
}

/** 32-bit integers of a block's preparation without the starts, and of each start. */
export const PREPARATION = 4;
export const START = 4;

/**
 * Clears the sums of a program and copies the rows that its first step reads. A chunk that runs again, after its worker
 * is lost, then gives the same numbers. At address `at`: the address of the sums, their count, the length of a row, the
 * number of starts; for each start two addresses with their strides, from and to, in bytes.
 */
export function prepareRows(
  { memory, fixed }: Pick<Tools, 'memory' | 'fixed'>,
  at: number,
  rows: number,
): void {
  const [sums, sumLength, units, starts] = new Int32Array(memory.buffer, at >>> 0, PREPARATION);
  if (sumLength > 0) fixed.clear(sums, sumLength);
  for (let start = 0; start < starts; start++) {
    const place = (at >>> 0) + 4 * (PREPARATION + start * START);
    const [from, fromStride, to, toStride] = new Int32Array(memory.buffer, place, START);
    fixed.copyRows(from, fromStride, to, toStride, rows, units);
  }
}
