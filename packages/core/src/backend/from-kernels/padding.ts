import type { Plan } from '../../plan/plan.js';
import type { SequenceInputs } from '../interface.js';
import { sequenceLayout } from '../sequences.js';
import type { AnyKernels } from './matrices.js';
import { stepsOf } from './steps.js';

/** The runs `[first, end)` of batch rows that are not padded at a step. */
export function activeRuns(
  mask: Float32Array | undefined,
  batch: number,
  timesteps: number,
  step: number,
): [number, number][] {
  if (!mask) return [[0, batch]];
  const runs: [number, number][] = [];
  for (let row = 0; row < batch; row++) {
    if (mask[row * timesteps + step] === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === row) last[1] = row + 1;
    else runs.push([row, row + 1]);
  }
  return runs;
}

/** The runs in between: the padded rows. */
export function paddedRuns(active: readonly [number, number][], batch: number): [number, number][] {
  const starts = [0, ...active.map(([, end]) => end)];
  const ends = [...active.map(([first]) => first), batch];
  return starts.map((start, i): [number, number] => [start, ends[i]]).filter(([start, end]) => end > start);
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
  const layout = sequenceLayout(inputs);
  const backwards = stepsOf(inputs).reverse();
  for (let row = 0; row < batch; row++) {
    backwards.forEach((step, i) => {
      if (active[row * timesteps + step] !== 0 || i === timesteps - 1) return;
      const source = (row * layout.row + step * layout.step) * units;
      const target = (row * layout.row + backwards[i + 1] * layout.step) * units;
      for (let j = 0; j < units; j++) to[target + j] += to[source + j];
    });
  }
  return moved;
}

/**
 * Adds the cotangents of repeated outputs that `withRepeatedOutputs` has left at the first step, where it is padded, to
 * those of the initial state that they repeat.
 */
export function addFirstRepeated<Memory>(
  kernels: AnyKernels<Memory>,
  { units }: Plan,
  inputs: SequenceInputs<Memory>,
  moved: Memory | undefined,
  stateGradient: Memory,
): void {
  const { batch, timesteps, mask, maskedOutput = 'repeat' } = inputs;
  if (moved === undefined || mask === undefined || maskedOutput === 'zero') return;
  const active = kernels.view(mask);
  const from = kernels.view(moved);
  const to = kernels.view(stateGradient);
  const layout = sequenceLayout(inputs);
  const [first] = stepsOf(inputs);
  for (let row = 0; row < batch; row++) {
    if (active[row * timesteps + first] !== 0) continue;
    const source = (row * layout.row + first * layout.step) * units;
    for (let j = 0; j < units; j++) to[row * units + j] += from[source + j];
  }
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
 * Puts zeros at the padded steps of a buffer of `length` numbers a step. The cotangents there are zeros too, but zero
 * times a NaN or an infinity would be NaN in the gradient of a matrix.
 */
export function clearPaddedSteps<Memory>(
  kernels: AnyKernels<Memory>,
  inputs: SequenceInputs<Memory>,
  memory: Memory,
  length: number,
): void {
  const { mask, timesteps } = inputs;
  if (mask === undefined) return;
  const layout = sequenceLayout(inputs);
  const to = kernels.view(memory);
  kernels.view(mask).forEach((used, i) => {
    const cell = Math.floor(i / timesteps) * layout.row + (i % timesteps) * layout.step;
    if (used === 0) to.fill(0, cell * length, (cell + 1) * length);
  });
}
