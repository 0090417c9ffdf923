import { MOST_CHUNKS } from './job-board.js';
import { ROW_GROUP } from './jobs.js';

/** Arithmetic operations worth a chunk of their own: some five microseconds, against one for handing it over. */
const CHUNK_WORK = 200_000;
/** Chunks for each thread of a large job, so that one who comes late finds something to do. */
const CHUNKS_PER_THREAD = 4;

/**
 * Into how many chunks to cut work of so many operations: a multiple of the number of threads, or 1 when it is not worth
 * sharing. It depends on nothing else, so sums that are formed chunk by chunk are the same every time.
 *
 * @param most how many parts the work has at most.
 */
export function chunksFor(work: number, threads: number, most: number): number {
  const chunks = Math.min(work / CHUNK_WORK, most, CHUNKS_PER_THREAD * threads, MOST_CHUNKS);
  const rounds = Math.floor(chunks / threads);
  return Math.max(1, rounds * threads);
}

/** So many rows make up for a time loop's loading the weights at every step. */
const ENOUGH_ROWS = 16;

/**
 * The same for the rows of a time loop with matrix products, which reads all weights at every step for each chunk. Fewer rows
 * than one tile for each thread are not dealt out.
 */
export function loopChunksFor(work: number, threads: number, rows: number): number {
  if (rows < threads * ROW_GROUP || work < threads * CHUNK_WORK) return 1;
  return chunksFor(work, threads, Math.max(threads, Math.floor(rows / ENOUGH_ROWS)));
}
