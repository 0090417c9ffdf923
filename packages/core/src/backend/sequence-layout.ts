import type { SequenceInputs } from './interface.js';

/** How many steps lie from a batch row to the next, and from a time step to the next, in `x` and the sequence. */
export interface SequenceLayout {
  readonly row: number;
  readonly step: number;
}

/** `[batch, timesteps, …]`, or `[timesteps, batch, …]` where time is major. */
export const sequenceLayout = ({
  batch,
  timesteps,
  timeMajor,
}: Pick<SequenceInputs<unknown>, 'batch' | 'timesteps' | 'timeMajor'>): SequenceLayout =>
  timeMajor ? { row: 1, step: batch } : { row: timesteps, step: 1 };
