import type { Plan } from '@sluice/core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

export interface RecurrentOptions {
  /** The cell's units; needed only where the parameters' shapes fit several numbers of them. */
  units?: number | undefined;
  /** `[batch, units]` for each state of the cell; zeros when absent. */
  initialStates?: readonly Tensor[] | undefined;
  /** `[batch, timesteps]`, any type; 0 or false marks a padded step, at which every state is carried over. */
  mask?: Tensor | undefined;
  /** How many steps each sequence has, from its first on, in place of a mask: an array of `batch` whole numbers. */
  lengths?: ArrayLike<number> | undefined;
  /**
   * The output at a padded step: the one before it (`repeat`, as in Keras; the default) or zeros. Before the first step
   * that is not padded, `repeat` gives the initial value of the state that the output is; zeros where it is none (SRU).
   */
  maskedOutput?: 'repeat' | 'zero' | undefined;
  /** Time runs from the last step to the first; every output stays at the position of its input. Default false. */
  reverse?: boolean | undefined;
  /** Whether x and the sequence are `[timesteps, batch, …]`; a mask is `[batch, timesteps]` in any case. Default false. */
  timeMajor?: boolean | undefined;
  /** `[batch, units]` for each block of each recurrent kernel, multiplied into what that block multiplies. */
  recurrentMasks?: readonly Tensor[] | undefined;
}

/** The names of `RecurrentOptions`; the compiler compares them. */
export const RECURRENT_OPTIONS = Object.keys({
  units: true,
  initialStates: true,
  mask: true,
  lengths: true,
  maskedOutput: true,
  reverse: true,
  timeMajor: true,
  recurrentMasks: true,
} satisfies Record<keyof RecurrentOptions, true>);

export type RecurrentResult = {
  /** The outputs `[batch, timesteps, units]`, or `[timesteps, batch, units]` with `timeMajor`. */
  sequence: Tensor3D;
  /** Each state after the last step, `[batch, units]`. */
  states: Tensor2D[];
};

/** What a run is given besides the plan, the sequence and the parameters. */
export type RunOptions = Omit<RecurrentOptions, 'units'>;

/** Everything one run needs, checked and complete. */
export interface RecurrentRun {
  plan: Plan;
  x: Tensor;
  parameters: readonly Tensor[];
  /** Zeros when absent. */
  initialStates: readonly Tensor[] | undefined;
  /** float32, `[batch, timesteps]`. */
  mask: Tensor | undefined;
  recurrentMasks: readonly Tensor[];
  maskedOutput: 'repeat' | 'zero';
  reverse: boolean;
  timeMajor: boolean;
}
