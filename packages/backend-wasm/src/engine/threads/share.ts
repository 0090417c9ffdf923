import { MOST_CHUNKS } from './job-board.js';

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
