import type { Plan } from '@sluice/core';
import {
  type Arguments,
  forwardArguments,
  gradientArguments,
  type LoopOptions,
  loopOf,
  maskedBy,
  type Pass,
  parallelLoopOf,
  Results,
  type SequenceCotangents,
  type SequenceGradient,
  type SequenceInputs,
  type SequenceResult,
  savedLength,
} from '@sluice/core/backend';
import type { Gpu } from './gpu.js';
import type { PassLoops } from './loops.js';
import type { GpuFloats } from './memory.js';
import { recordLoop } from './record-loop.js';

/** The loops of the passes of a plan on a device. */
export const passLoops = (
  plan: Plan,
  masked: LoopOptions['masked'],
): Record<'forward' | 'gradient', PassLoops> => {
  const loops = (pass: Pass): PassLoops => {
    const options = { masked, x: 'sequence' } as const;
    return { steps: loopOf(plan, pass, options), parallel: parallelLoopOf(plan, pass, options) };
  };
  return {
    // It is one kernel with and without saving, so the results are the same bits.
    forward: loops('training'),
    get gradient() {
      return loops('gradient');
    },
  };
};

/** Runs the forward pass of a plan. @param keep whether to return the saved values that `gradient` needs. */
export function forward(
  gpu: Gpu,
  plan: Plan,
  inputs: SequenceInputs<GpuFloats>,
  keep: boolean,
): SequenceResult<GpuFloats> {
  const ready = gpu.loops.choose(passLoops(plan, maskedBy(inputs)).forward, inputs);
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
  const ready = gpu.loops.choose(passLoops(plan, maskedBy(inputs)).gradient, inputs);
  const given: Arguments<GpuFloats> = gradientArguments(inputs, result, cotangents);
  return gpu.run(`${plan.cell.name} gradient`, (run) => {
    const results = new Results<GpuFloats>();
    recordLoop(run, ready, inputs, { given, result: results.take, saved: result.saved });
    return results.gradient();
  });
}
