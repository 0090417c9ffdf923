import type { FixedKernels } from '../fixed-kernels.js';

/** The kinds of jobs. A chunk is a part of the rows, a part of the panels, or an argument block. */
export const MULTIPLY_ROWS = 1;
export const MULTIPLY_PANELS = 2;
export const RUN_PROGRAM = 3;
export const RUN_SEQUENCE = 4;

/** The most chunks of a job, and the most workers. */
export const MOST_CHUNKS = 64;
export const MOST_WORKERS = 63;

/**
 * Runs a program on rows; an argument block holds their addresses.
 *
 * @param count the number of rows.
 * @param block the address of the argument block.
 */
export type RunProgram = (count: number, block: number) => void;

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

/** 32-bit integers that say where a chunk's sums are: their address and their count. */
export const SUMS = 2;

/** Clears the sums at the address in a block. A chunk that runs again, after its worker is lost, gives the same numbers. */
export function clearSums({ memory, fixed }: Pick<Tools, 'memory' | 'fixed'>, at: number): void {
  const [sums, length] = new Int32Array(memory.buffer, at >>> 0, SUMS);
  if (length > 0) fixed.clear(sums, length);
}
