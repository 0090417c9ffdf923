import { isInputProjection } from '../../graph/products.js';
import type { Plan } from '../../plan/plan.js';
import { outputState } from '../../plan/plan.js';
import type { Slot } from '../../plan/program.js';
import type { SequenceInputs, SequenceResult } from '../interface.js';
import type { Rows, SequenceRows } from '../kernels.js';
import type { CompiledPlans } from './compiled-plans.js';
import { type Group, groupsOf } from './groups.js';
import { type AnyKernels, dense, from, productSize, weights } from './matrices.js';
import { activeRuns, paddedRuns } from './padding.js';
import { SavedLayout } from './saved-layout.js';
import { isOneProgram, runsAsSequence, Stages } from './stages.js';
import { StepRows, stepsOf } from './steps.js';
import { Temporaries } from './temporaries.js';

/**
 * Runs a plan forward with a device's kernels: input projections for the whole sequence, then the stages of each step.
 * A step's rows are strided views into sequences, whichever of batch and time is major: nothing is transposed.
 */
export function forward<Memory>(
  kernels: AnyKernels<Memory>,
  compiled: CompiledPlans,
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  keep: boolean,
): SequenceResult<Memory> {
  const { batch, timesteps, parameters, maskedOutput = 'repeat' } = inputs;
  const { units } = plan;
  const schedule = keep ? plan.training : plan.inference;
  const layout = new SavedLayout(plan, batch, timesteps);
  const temporaries = new Temporaries(kernels);
  const stateRows = () => temporaries.allocate(batch * units);

  // Padded rows are left out by the programs: what they hold must be zeros from the start.
  const results = inputs.mask ? kernels.zeros : kernels.allocate;
  const sequence = results(batch * timesteps * units);
  const saved = keep ? results(layout.length) : undefined;
  const finalStates = plan.states.map(() => kernels.allocate(batch * units));
  const initial = plan.states.map((_, s) => inputs.initialStates?.[s] ?? temporaries.zeros(batch * units));
  const mask = inputs.mask && kernels.view(inputs.mask).slice();

  const asSequence = runsAsSequence(kernels, timesteps, mask);
  const oneProgram = asSequence && isOneProgram(plan, schedule);
  const widest = Math.max(0, ...plan.products.map((_, index) => productSize(plan, index).columns));
  const groups = groupsOf(batch, oneProgram && !inputs.timeMajor, timesteps * widest);
  const products = plan.products.map((product, index) => {
    const { depth, columns } = productSize(plan, index);
    const right = kernels.prepareWeights(weights(plan, parameters, index), batch * timesteps, depth, columns);
    const rows = isInputProjection(product) ? groups[0].count * timesteps : batch;
    return { right, depth, columns, result: temporaries.allocate(rows * columns) };
  });
  const project = ({ first, count }: Group) => {
    products.forEach(({ right, depth, columns, result }, index) => {
      if (!isInputProjection(plan.products[index])) return;
      const x = dense(inputs.x, depth, first * timesteps * depth);
      kernels.multiply(x, right, dense(result, columns), count * timesteps, false);
    });
  };

  const steps = new StepRows(inputs);
  const states = plan.states.map((_, s) => {
    if (oneProgram && !saved) {
      // Each row has its state in one place, which every step reads and then writes.
      const place = steps.fixed(finalStates[s], units);
      return { before: place, after: place };
    }
    if (saved) {
      return {
        before: steps.previous(initial[s], saved, units, layout.state(s)),
        after: steps.sequence(saved, units, layout.state(s)),
      };
    }
    const { now, other } = steps.turns(temporaries.allocate(2 * batch * units), batch * units, units);
    return { before: other, after: now };
  });
  const values = Array.from({ length: schedule.values }, (_, index) =>
    saved ? steps.sequence(saved, units, layout.value(index)) : steps.fixed(stateRows(), units),
  );
  const output = steps.sequence(sequence, units);
  const repeatedState = outputState(plan);
  const firstRepeated = repeatedState === undefined ? sequence : initial[repeatedState];
  const outputBefore = steps.previous(firstRepeated, sequence, units);
  const find = (slot: Slot): SequenceRows<Memory> => {
    switch (slot.kind) {
      case 'input':
        return steps.sequence(inputs.x, plan.inputSize);
      case 'state':
        return states[slot.state].before;
      case 'newState':
        return states[slot.state].after;
      case 'output':
        return output;
      case 'vector':
        return steps.fixed(parameters[slot.parameter], 0, slot.block * units);
      case 'recurrentMask':
        return steps.fixed((inputs.recurrentMasks as readonly Memory[])[slot.index], units);
      case 'value':
        return values[slot.index];
      case 'product': {
        const { result, columns } = products[slot.product];
        return isInputProjection(plan.products[slot.product])
          ? steps.inGroup(result, columns, slot.block * units)
          : steps.fixed(result, columns, slot.block * units);
      }
      default:
        throw new Error(`a forward program cannot reach ${slot.kind}`);
    }
  };
  const stages = new Stages(
    kernels,
    schedule,
    compiled.of(plan)[keep ? 'training' : 'inference'],
    find,
    (index) => {
      const { operand } = plan.products[index];
      if (operand.kind === 'input') throw new Error('input projections are not part of a step');
      const { right, result, columns } = products[index];
      const left = operand.kind === 'state' ? states[operand.state].before : values[operand.index];
      return { left, right, result: dense(result, columns) };
    },
  );

  const starts = saved
    ? []
    : states.map(({ before }, s) => ({ from: steps.fixed(initial[s], units), to: before }));
  const runAsSequence = (group: Group) => {
    if (!saved) return stages.runSequence(group, timesteps, starts);
    // With what the gradient needs, the first step alone finds its states elsewhere.
    stages.runSequence(group, 1);
    steps.moveTo(1);
    stages.runSequence(group, timesteps - 1);
  };
  const runStepByStep = () => {
    for (const { from: given, to } of starts) kernels.copy(given, to, batch, units);
    stepsOf(inputs).forEach((step, position) => {
      steps.moveTo(position);
      const active = activeRuns(mask, batch, timesteps, step);
      stages.run(batch, active);
      for (const [first, end] of mask ? paddedRuns(active, batch) : []) {
        const carry = (a: Rows<Memory>, b: Rows<Memory>) =>
          kernels.copy(from(a, first), from(b, first), end - first, units);
        for (const { before, after } of states) carry(before, after);
        const repeats = maskedOutput === 'repeat' && (position > 0 || repeatedState !== undefined);
        if (repeats) carry(outputBefore, output);
      }
    });
  };
  for (const group of groups) {
    project(group);
    steps.startGroup(group.first);
    steps.moveTo(0);
    if (asSequence) runAsSequence(group);
    else runStepByStep();
    steps.moveTo(timesteps - 1);
  }
  // The rows are still those of the last step.
  finalStates.forEach((memory, s) => {
    const { after } = states[s];
    if (after.memory !== memory) kernels.copy(after, steps.fixed(memory, units), batch, units);
  });

  for (const { right } of products) kernels.releaseRight(right);
  temporaries.release();
  return { sequence, states: finalStates, saved };
}
