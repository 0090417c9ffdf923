import type { Plan } from '../../plan/plan.js';
import type { SequenceInputs } from '../interface.js';
import { type AnyKernels, type SavedLayout, stepsOf } from './places.js';

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

/**
 * The cotangents of the outputs, those of padded steps moved to the step whose output they repeat. Without a mask, and
 * where padded outputs are zeros, nothing has to move.
 */
export function withRepeatedOutputs<Memory>(
  kernels: AnyKernels<Memory>,
  { units }: Plan,
  inputs: SequenceInputs<Memory>,
  cotangent: Memory | undefined,
  allocate: (length: number) => Memory,
): Memory | undefined {
  const { batch, timesteps, mask, maskedOutput = 'repeat' } = inputs;
  if (cotangent === undefined || mask === undefined || maskedOutput === 'zero') return cotangent;
  const moved = allocate(batch * timesteps * units);
  const to = kernels.view(moved);
  to.set(kernels.view(cotangent));
  const active = kernels.view(mask);
  const backwards = stepsOf(inputs).reverse();
  for (let row = 0; row < batch; row++) {
    backwards.forEach((step, i) => {
      if (active[row * timesteps + step] !== 0 || i === timesteps - 1) return;
      const source = (row * timesteps + step) * units;
      const target = (row * timesteps + backwards[i + 1]) * units;
      for (let j = 0; j < units; j++) to[target + j] += to[source + j];
    });
  }
  return moved;
}

/** The input with zeros at padded steps; without a mask the input itself. */
export function withoutPaddedSteps<Memory>(
  kernels: AnyKernels<Memory>,
  { inputSize }: Plan,
  inputs: SequenceInputs<Memory>,
  allocate: (length: number) => Memory,
): Memory {
  const { batch, timesteps, x, mask } = inputs;
  if (mask === undefined) return x;
  const cleaned = allocate(batch * timesteps * inputSize);
  kernels.view(cleaned).set(kernels.view(x));
  clearPaddedSteps(kernels, inputs, cleaned, inputSize);
  return cleaned;
}

/**
 * Puts zeros at the padded steps of a `[batch, timesteps, length]` buffer. The cotangents there are zeros too, but zero
 * times a NaN or an infinity would be NaN in the gradient of a matrix.
 */
function clearPaddedSteps<Memory>(
  kernels: AnyKernels<Memory>,
  { mask }: SequenceInputs<Memory>,
  memory: Memory,
  length: number,
): void {
  if (mask === undefined) return;
  const to = kernels.view(memory);
  kernels.view(mask).forEach((used, cell) => {
    if (used === 0) to.fill(0, cell * length, (cell + 1) * length);
  });
}
