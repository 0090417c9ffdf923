import type { Loop } from '../../loop/loop.js';
import type { SequenceInputs } from '../interface.js';

/** The shape of a batch of sequences. */
export type Shape = Pick<SequenceInputs<unknown>, 'batch' | 'timesteps' | 'timeMajor' | 'reverse'>;

/** Neighbouring time steps, in the order of processing, that are worked on together. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** Numbers that the scratch buffers of a chunk should have at most: 1.3 MB, which a cache near the processor holds. */
const NUMBERS = 320_000;
/** Rows that a chunk should have at least: with fewer, matrix products after the loop load more than they compute. */
const ROWS = 384;

/**
 * Cuts a sequence into chunks, in the order in which the loop takes them.
 *
 * Ladder (wasm, (64, 50, 128, 128), two cores of a Zen, Node 20, best tenth; ms): gradient of a GRU on one thread, of an LSTM
 * on one, forward of a GRU on two:
 *   1  whole sequences, saved values row by row     24.2   31.2   6.0
 *   2  160,000 numbers or 192 rows                  23.0   29.6   6.5
 *   3  320,000 numbers or 384 rows                  23.6   30.3   6.3
 *   4  640,000 numbers or 768 rows                  23.5   30.3   6.2
 * Two threads meet at the end of every chunk. An SRU's gradient takes 11.3, 11.4, 11.6 and 11.7.
 *   5  3, and steps of 16 rows or more do their work themselves: times 0.98 on one thread for all three; a forward pass on two
 *      threads, which do not meet then, times 0.96 (GRU) and 0.80 (SRU)
 */
export function chunksOf({ buffers, direction }: Loop, { batch, timesteps }: Shape): Chunk[] {
  if (timesteps === 1) return [{ first: 0, count: 1 }];
  let width = 0;
  for (const { rows, life, width: numbers } of buffers) {
    if ((rows === 'steps' || rows === 'states') && life === 'scratch') width += numbers;
  }
  const most = Math.max(Math.ceil(ROWS / batch), Math.floor(NUMBERS / Math.max(1, batch * width)));
  const count = Math.min(timesteps, most);
  const chunks = Array.from({ length: Math.ceil(timesteps / count) }, (_, i) => ({
    first: i * count,
    count: Math.min(count, timesteps - i * count),
  }));
  return direction === 1 ? chunks : chunks.reverse();
}
