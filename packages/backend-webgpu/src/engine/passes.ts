import type { Plan } from '@sluice/core';
import {
  type Arguments,
  forwardArguments,
  gradientArguments,
  type Loop,
  type LoopOptions,
  loopOf,
  maskedBy,
  Results,
  type SequenceCotangents,
  type SequenceGradient,
  type SequenceInputs,
  type SequenceResult,
  savedLength,
} from '@sluice/core/backend';
import type { Gpu } from './gpu.js';
import type { GpuFloats } from './memory.js';
import { recordLoop } from './record-loop.js';

/** The passes of a plan on a device. */
export const passLoops = (
  plan: Plan,
  masked: LoopOptions['masked'],
): Record<'forward' | 'gradient', Loop> => ({
  // It is one kernel with and without saving, so the results are the same bits.
  forward: loopOf(plan, 'training', { masked, x: 'sequence' }),
  get gradient() {
    return loopOf(plan, 'gradient', { masked, x: 'sequence' });
  },
});

/** Runs the forward pass of a plan. @param keep whether to return the saved values that `gradient` needs. */
export function forward(
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  keep: boolean,
): SequenceResult<GpuFloats> {
  const ready = gpu.loops.ready(passLoops(plan, maskedBy(inputs)).forward);
  return gpu.run(`${plan.cell.name} forward`, (run) => {
    const saved = keep ? run.allocateResult(savedLength(plan, inputs.batch, inputs.timesteps)) : undefined;
    const results = new Results<GpuFloats>();
    recordLoop(run, ready, inputs, { given: forwardArguments(inputs), result: results.take, saved });
    return results.forward(saved);
  });
}

/** Computes the gradient of a plan, with the saved values of a forward pass. */
export function gradient(
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  result: SequenceResult<GpuFloats>,
  cotangents: SequenceCotangents<GpuFloats>,
): SequenceGradient<GpuFloats> {
  const ready = gpu.loops.ready(passLoops(plan, maskedBy(inputs)).gradient);
  const given: Arguments<GpuFloats> = gradientArguments(inputs, result, cotangents);
  return gpu.run(`${plan.cell.name} gradient`, (run) => {
    const results = new Results<GpuFloats>();
    recordLoop(run, ready, inputs, { given, result: results.take, saved: result.saved });
    return results.gradient();
  });
}
