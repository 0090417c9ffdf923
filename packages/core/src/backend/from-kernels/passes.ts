import type { LoopOptions } from '../../loop/build.js';
import type { Source } from '../../loop/loop.js';
import { loopOf } from '../../loop/loops.js';
import { savedLength } from '../../loop/saved.js';
import type { Plan } from '../../plan/plan.js';
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
  const states: Memory[] = [];
  let sequence: Memory | undefined;
  runLoop(kernels, loop, compiled.of(loop), inputs, {
    given: (source) => inputOf(inputs, source),
    result: (source, memory) => {
      if (source.kind === 'finalState') states[source.index] = memory;
      else sequence = memory;
    },
    saved,
  });
  return { sequence: sequence as Memory, states, saved };
}

/** The gradient of a plan, with the saved values of a forward pass. */
export function runGradient<Memory>(
  kernels: AnyKernels<Memory>,
  compiled: CompiledLoops,
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  { sequence, saved }: SequenceResult<Memory>,
  cotangents: SequenceCotangents<Memory>,
): SequenceGradient<Memory> {
  const loop = loopOf(plan, 'gradient', optionsFor(inputs));
  const parameters: Memory[] = [];
  const initialStates: Memory[] = [];
  let x: Memory | undefined;
  runLoop(kernels, loop, compiled.of(loop), inputs, {
    given: (source) => {
      if (source.kind === 'output') return sequence;
      if (source.kind === 'outputCotangent') return cotangents.sequence;
      if (source.kind === 'stateCotangent') return cotangents.states?.[source.index];
      return inputOf(inputs, source);
    },
    result: (source, memory) => {
      if (source.kind === 'parameterGradient') parameters[source.index] = memory;
      else if (source.kind === 'initialStateGradient') initialStates[source.index] = memory;
      else x = memory;
    },
    saved,
  });
  return { x: x as Memory, parameters, initialStates };
}

function optionsFor<Memory>(inputs: SequenceInputs<Memory>): LoopOptions {
  const { batch, timesteps, timeMajor, reverse, mask, maskedOutput = 'repeat' } = inputs;
  const isInOrder = timesteps === 1 || (!reverse && (timeMajor === true || batch === 1));
  return { masked: mask === undefined ? 'no' : maskedOutput, copied: !isInOrder };
}

function inputOf<Memory>(inputs: SequenceInputs<Memory>, source: Source): Memory | undefined {
  switch (source.kind) {
    case 'x':
      return inputs.x;
    case 'mask':
      return inputs.mask;
    case 'parameter':
      return inputs.parameters[source.index];
    case 'recurrentMask':
      return inputs.recurrentMasks?.[source.index];
    case 'initialState':
      return inputs.initialStates?.[source.index];
    default:
      throw new Error(`${source.kind} is no input of a pass`);
  }
}
