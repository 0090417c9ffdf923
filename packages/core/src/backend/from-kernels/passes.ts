import type { LoopOptions } from '../../loop/build.js';
import { loopOf } from '../../loop/loops.js';
import { savedLength } from '../../loop/saved.js';
import type { Plan } from '../../plan/plan.js';
import { forwardArguments, gradientArguments, maskedBy, Results } from '../arguments.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs, SequenceResult } from '../interface.js';
import type { CompiledLoops } from './compiled-loops.js';
import type { AnyKernels } from './matrices.js';
import { runLoop } from './run-loop.js';

/** Runs a plan forward; `keep` also returns what the gradient needs. */
export function runForward<Memory>(
  kernels: AnyKernels<Memory>,
  compiled: CompiledLoops,
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  keep: boolean,
): SequenceResult<Memory> {
  const loop = loopOf(plan, keep ? 'training' : 'inference', optionsFor(inputs));
  const saved = keep ? kernels.allocate(savedLength(plan, inputs.batch, inputs.timesteps)) : undefined;
  const results = new Results<Memory>();
  const buffers = { given: forwardArguments(inputs), result: results.take, saved };
  runLoop(kernels, loop, compiled.of(loop), inputs, buffers);
  return results.forward(saved);
}

/** The gradient of a plan, with the saved values of a forward pass. */
export function runGradient<Memory>(
  kernels: AnyKernels<Memory>,
  compiled: CompiledLoops,
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  result: SequenceResult<Memory>,
  cotangents: SequenceCotangents<Memory>,
): SequenceGradient<Memory> {
  const loop = loopOf(plan, 'gradient', optionsFor(inputs));
  const results = new Results<Memory>();
  const given = gradientArguments(inputs, result, cotangents);
  const buffers = { given, result: results.take, saved: result.saved };
  runLoop(kernels, loop, compiled.of(loop), inputs, buffers);
  return results.gradient();
}

function optionsFor<Memory>(inputs: SequenceInputs<Memory>): LoopOptions {
  const { batch, timesteps, timeMajor, reverse } = inputs;
  const isInOrder = timesteps === 1 || (!reverse && (timeMajor === true || batch === 1));
  return { masked: maskedBy(inputs), x: isInOrder ? 'steps' : 'copied' };
}
