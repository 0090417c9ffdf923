/** Consecutive time steps that are computed together. */
export interface Chunk {
  /** The first step in the order of processing, from 0, and the number of steps. */
  readonly position: number;
  readonly positions: number;
  /** The first step in time. */
  readonly start: number;
}

/** The most numbers in the product results of a chunk: 64 MiB. */
const MAX_NUMBERS = 2 ** 24;

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
 * Splits a sequence into chunks, in the order of processing. This bounds the time of a dispatch and the memory for the
 * results of products.
 *
 * @param forwards whether processing follows time.
 */
export function splitIntoChunks(
  { timesteps, numbersPerStep, depth, workPerStep }: ChunkedWork,
  forwards: boolean,
): Chunk[] {
  const mostNumbers = Math.min(MAX_NUMBERS, MAX_MULTIPLICATIONS / depth);
  const bySize = Math.floor(mostNumbers / Math.max(1, numbersPerStep));
  const byWork = Math.floor(MAX_WORK / Math.max(1, workPerStep));
  const length = Math.max(1, Math.min(timesteps, bySize, byWork));
  return Array.from({ length: Math.ceil(timesteps / length) }, (_, i) => {
    const position = i * length;
    const positions = Math.min(length, timesteps - position);
    return { position, positions, start: forwards ? position : timesteps - position - positions };
  });
}
