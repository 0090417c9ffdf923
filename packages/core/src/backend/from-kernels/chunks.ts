import type { Loop } from '../../loop/loop.js';
import type { SequenceInputs } from '../interface.js';

/** The shape of a batch of sequences. */
export type Shape = Pick<SequenceInputs<unknown>, 'batch' | 'timesteps' | 'timeMajor' | 'reverse'>;

/** Neighbouring time steps, in the order of processing, that are worked on together. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** Numbers that the scratch buffers of a chunk should have at most: 640 kB, which a cache near the processor holds. */
const NUMBERS = 160_000;
/** Rows that a chunk should have at least: with fewer, matrix products after the loop load more than they compute. */
const ROWS = 192;

/** Cuts a sequence into chunks, in the order in which the loop takes them. */
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
