import type { Plan } from '../../plan/plan.js';
import type { SequenceInputs } from '../interface.js';
import type { AnyKernels } from './matrices.js';
import { clearPaddedSteps } from './padding.js';
import type { SavedLayout } from './saved-layout.js';

/** Writes every state before its step, `[batch, timesteps, units]`, zeros at padded steps, from the saved states. */
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
  const { batch, timesteps, reverse } = inputs;
  const length = timesteps * units;
  const after = layout.state(state);
  const [read, write, first] = reverse ? [units, 0, length - units] : [0, units, 0];
  if (timesteps > 1) {
    const source = { memory: saved, offset: after + read, stride: length };
    kernels.copy(source, { memory: to, offset: write, stride: length }, batch, length - units);
  }
  kernels.copy(
    { memory: initial, offset: 0, stride: units },
    { memory: to, offset: first, stride: length },
    batch,
    units,
  );
  clearPaddedSteps(kernels, inputs, to, units);
}
