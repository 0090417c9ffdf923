/** Neighbouring time steps that are worked on together. */
export interface Chunk {
  /** The first in the order of processing, counted from 0, and how many. */
  readonly position: number;
  readonly positions: number;
  /** The one that is first in time. */
  readonly start: number;
}

/** Numbers that the products of a chunk may have as results: 64 MiB. */
const MOST_NUMBERS = 2 ** 24;

/**
 * Multiplications that a thread may do one after another in one dispatch. Operating systems reset a GPU that does not answer for
 * about two seconds; at 2·10⁸ a second, which small GPUs should reach (an estimate), this is a quarter of one.
 */
export const MOST_WORK = 5e7;

/** Multiplications of one matrix product: small GPUs do 5·10¹⁰ a second. */
const MOST_MULTIPLICATIONS = 2 ** 33;

export interface ChunkedWork {
  readonly timesteps: number;
  /** Numbers of the products' results at one step. */
  readonly numbersPerStep: number;
  /** Multiplications that each of them takes. */
  readonly depth: number;
  /** Multiplications of one thread at one step. */
  readonly workPerStep: number;
}

/**
 * Cuts a sequence into chunks, in the order of processing, so that no dispatch takes long and the results of products need
 * little memory.
 *
 * @param forwards whether processing goes with time.
 */
export function chunksOf(
  { timesteps, numbersPerStep, depth, workPerStep }: ChunkedWork,
  forwards: boolean,
): Chunk[] {
  const mostNumbers = Math.min(MOST_NUMBERS, MOST_MULTIPLICATIONS / depth);
  const bySize = Math.floor(mostNumbers / Math.max(1, numbersPerStep));
  const byWork = Math.floor(MOST_WORK / Math.max(1, workPerStep));
  const length = Math.max(1, Math.min(timesteps, bySize, byWork));
  return Array.from({ length: Math.ceil(timesteps / length) }, (_, i) => {
    const position = i * length;
    const positions = Math.min(length, timesteps - position);
    return { position, positions, start: forwards ? position : timesteps - position - positions };
  });
}
