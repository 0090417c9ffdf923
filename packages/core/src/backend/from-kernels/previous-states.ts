import type { Plan } from '../../plan/plan.js';
import type { SequenceInputs } from '../interface.js';
import { sequenceLayout } from '../sequences.js';
import type { AnyKernels } from './matrices.js';
import { clearPaddedSteps } from './padding.js';
import type { SavedLayout } from './saved-layout.js';

/** Writes every state before its step, laid out as the sequence, zeros at padded steps, from the saved states. */
export function previousStates<Memory>(
  kernels: AnyKernels<Memory>,
  { units }: Plan,
  inputs: SequenceInputs<Memory>,
  saved: Memory,
  layout: SavedLayout,
  state: number,
  initial: Memory,
  to: Memory,
): void {
  const { batch, timesteps, reverse, timeMajor } = inputs;
  const { row, step } = sequenceLayout(inputs);
  const stride = row * units;
  const stepLength = step * units;
  const after = layout.state(state);
  const others = (timesteps - 1) * stepLength;
  const [read, write, first] = reverse ? [stepLength, 0, others] : [0, stepLength, 0];
  if (timesteps > 1) {
    const source = { memory: saved, offset: after + read, stride };
    // Where time is major, the rows of all other steps lie in one piece.
    kernels.copy(source, { memory: to, offset: write, stride }, timeMajor ? 1 : batch, others);
  }
  kernels.copy(
    { memory: initial, offset: 0, stride: units },
    { memory: to, offset: first, stride },
    batch,
    units,
  );
  clearPaddedSteps(kernels, inputs, to, units);
}
