import type { Loop } from '../../loop/loop.js';
import type { SequenceInputs } from '../interface.js';

/** The shape of a batch of sequences. */
export type Shape = Pick<SequenceInputs<unknown>, 'batch' | 'timesteps' | 'timeMajor' | 'reverse'>;

/** What is worked on together: neighbouring time steps, in the order of processing, or neighbouring batch rows. */
export interface Chunk {
  readonly row: number;
  readonly rows: number;
  readonly step: number;
  readonly steps: number;
}

/** Numbers that the scratch buffers of a chunk should have at most: 1.3 MB, which a cache near the processor holds. */
const NUMBERS = 320_000;
/** Rows that a chunk should have at least: with fewer, matrix products after the loop load more than they compute. */
const ROWS = 384;

/**
 * Cuts the steps into chunks, or the rows of a loop by rows; the first chunk is the largest.
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
 *   6  5, and loops whose step is one program by rows: an SRU's gradient on a Zen 5 times 0.97 on one thread and on two, an
 *      IndRNN's 0.97 and 0.94; chunks of 200,000 numbers: no faster
 */
export function chunksOf({ buffers, byRows }: Loop, { batch, timesteps }: Shape): Chunk[] {
  const whole = { row: 0, rows: batch, step: 0, steps: timesteps };
  if (timesteps === 1) return [whole];
  const [total, others] = byRows ? [batch, timesteps] : [timesteps, batch];
  let width = 0;
  for (const { rows, life, width: numbers } of buffers) {
    if ((rows === 'steps' || rows === 'states') && life === 'scratch') width += numbers;
  }
  const most = Math.max(Math.ceil(ROWS / others), Math.floor(NUMBERS / Math.max(1, others * width)));
  return Array.from({ length: Math.ceil(total / most) }, (_, i): Chunk => {
    const first = i * most;
    const count = Math.min(most, total - first);
    return byRows ? { ...whole, row: first, rows: count } : { ...whole, step: first, steps: count };
  });
}
