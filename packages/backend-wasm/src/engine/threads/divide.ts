import { MOST_CHUNKS, ROW_GROUP } from './chunks.js';

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
