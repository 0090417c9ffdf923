/** Consecutive time steps, in the order of processing, that are computed together. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** The most numbers in the product results of a chunk: 64 MiB. */
export const MAX_NUMBERS = 2 ** 24;

/**
 * The most multiplications of one thread in one dispatch. The watchdog resets a GPU after about two seconds; at 2·10⁸ a
 * second, which small GPUs should reach (an estimate), this is a quarter of a second.
 */
export const MAX_WORK = 5e7;

/** The most multiplications of one matrix product; small GPUs do 5·10¹⁰ a second. */
const MAX_MULTIPLICATIONS = 2 ** 33;

export interface ChunkedWork {
  readonly timesteps: number;
  /** Numbers in the product results of one step. */
  readonly numbersPerStep: number;
  /** Multiplications for each of these numbers. */
  readonly depth: number;
  /** Multiplications of one thread at one step. */
  readonly workPerStep: number;
}

/**
 * Splits a sequence into chunks, in the order in which the loop takes them; the first is the longest. This bounds the time of a
 * dispatch and the memory for the results of products.
 *
 * @param direction the loop's: 1 from the first step to the last, −1 back.
 */
export function splitIntoChunks(
  { timesteps, numbersPerStep, depth, workPerStep }: ChunkedWork,
  direction: 1 | -1,
): Chunk[] {
  const mostNumbers = Math.min(MAX_NUMBERS, MAX_MULTIPLICATIONS / depth);
  const bySize = Math.floor(mostNumbers / Math.max(1, numbersPerStep));
  const byWork = Math.floor(MAX_WORK / Math.max(1, workPerStep));
  const length = Math.max(1, Math.min(timesteps, bySize, byWork));
  return Array.from({ length: Math.ceil(timesteps / length) }, (_, i) => {
    const done = i * length;
    const count = Math.min(length, timesteps - done);
    return { first: direction === 1 ? done : timesteps - done - count, count };
  });
}
