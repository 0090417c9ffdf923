import { isInputProjection } from '../../graph/products.js';
import type { Plan } from '../../plan/plan.js';
import { outputState } from '../../plan/plan.js';
import type { Slot } from '../../plan/program.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs, SequenceResult } from '../interface.js';
import type { SequenceRows } from '../kernels.js';
import type { CompiledPlans } from './compiled-plans.js';
import { deepProducts, emptyGradients } from './deep-products.js';
import { groupsOf } from './groups.js';
import { type AnyKernels, dense, from, productSize, transpose, weights } from './matrices.js';
import { activeRuns, addFirstRepeated, paddedRuns, withRepeatedOutputs } from './padding.js';
import { SavedLayout } from './saved-layout.js';
import { isOneProgram, runsAsSequence, Stages } from './stages.js';
import { StepRows, stepsOf } from './steps.js';
import { Temporaries } from './temporaries.js';

/**
 * The gradient of a plan with a device's kernels: the gradient schedule from the last processed step to the first, which
 * leaves the cotangents of all products' results, then one deep matrix product for each weight and for `x`.
 */
export function gradient<Memory>(
  kernels: AnyKernels<Memory>,
  compiled: CompiledPlans,
  plan: Plan,
  inputs: SequenceInputs<Memory>,
  result: SequenceResult<Memory>,
  cotangents: SequenceCotangents<Memory>,
): SequenceGradient<Memory> {
  const { batch, timesteps, parameters } = inputs;
  const { units, inputSize } = plan;
  const saved = result.saved as Memory;
  const layout = new SavedLayout(plan, batch, timesteps);
  const { schedule, buffers, places } = plan.gradient;
  const temporaries = new Temporaries(kernels);
  const stateRows = () => temporaries.allocate(batch * units);

  const initial = plan.states.map((_, s) => inputs.initialStates?.[s] ?? temporaries.zeros(batch * units));
  const mask = inputs.mask && kernels.view(inputs.mask).slice();
  const sequenceCotangent = withRepeatedOutputs(
    kernels,
    plan,
    inputs,
    cotangents.sequence,
    temporaries.allocate,
  );
  const asSequence = runsAsSequence(kernels, timesteps, mask);
  const oneProgram = asSequence && isOneProgram(plan, schedule);
  const widest = Math.max(0, ...buffers.map((blocks) => blocks.length * units));
  const groups = groupsOf(batch, oneProgram && !inputs.timeMajor, timesteps * widest);
  // Padded rows are left out by the programs: their cotangents must be zeros from the start.
  const productCotangents = buffers.map((blocks) =>
    (mask ? temporaries.zeros : temporaries.allocate)(groups[0].count * timesteps * blocks.length * units),
  );
  const transposed = plan.products.map((product, index) => {
    if (isInputProjection(product)) return null;
    const { depth, columns } = productSize(plan, index);
    const matrix = transpose(weights(plan, parameters, index));
    const right = kernels.prepareWeights(matrix, batch * timesteps, columns, depth);
    return { right, result: temporaries.allocate(batch * depth), depth };
  });
  const gradients = emptyGradients(kernels, plan, inputs);

  const steps = new StepRows(inputs, true);
  const values = Array.from({ length: schedule.values }, () => steps.fixed(stateRows(), units));
  const stateCotangents = plan.states.map((_, s) => {
    const given = cotangents.states?.[s] ?? temporaries.zeros(batch * units);
    const start = steps.fixed(given, units);
    if (oneProgram) {
      // Each row has its cotangent in one place, which every step but the first reads and then writes.
      const place = stateRows();
      const incoming = steps.fixed(place, units);
      return { start, incoming, outgoing: steps.exceptFirst(place, stateRows(), units) };
    }
    const { now, other } = steps.turns(temporaries.allocate(2 * batch * units), batch * units, units);
    return { start, incoming: now, outgoing: other };
  });
  const find = (slot: Slot): SequenceRows<Memory> => {
    switch (slot.kind) {
      case 'input':
        return steps.sequence(inputs.x, inputSize);
      case 'state':
        return steps.previous(initial[slot.state], saved, units, layout.state(slot.state));
      case 'newState':
        return steps.sequence(saved, units, layout.state(slot.state));
      case 'output':
        return steps.sequence(result.sequence, units);
      case 'vector':
        return steps.fixed(parameters[slot.parameter], 0, slot.block * units);
      case 'recurrentMask':
        return steps.fixed((inputs.recurrentMasks as readonly Memory[])[slot.index], units);
      case 'saved':
        return steps.sequence(saved, units, layout.value(slot.index));
      case 'value':
        return values[slot.index];
      case 'outputCotangent':
        return sequenceCotangent === undefined
          ? steps.fixed(temporaries.zeros(units), 0)
          : steps.sequence(sequenceCotangent, units);
      case 'stateCotangent':
        return stateCotangents[slot.state].incoming;
      case 'previousStateCotangent':
        return stateCotangents[slot.state].outgoing;
      case 'transposedProduct': {
        const product = transposed[slot.product] as NonNullable<(typeof transposed)[number]>;
        return steps.fixed(product.result, product.depth);
      }
      case 'productCotangent':
        return steps.inGroup(
          productCotangents[slot.buffer],
          buffers[slot.buffer].length * units,
          slot.block * units,
        );
      case 'inputCotangent':
        return steps.sequence(gradients.x, inputSize);
      case 'vectorCotangent':
        return steps.fixed(gradients.parameters[slot.parameter], 0, slot.block * units);
      default:
        throw new Error(`a gradient program cannot reach ${slot.kind}`);
    }
  };
  const stages = new Stages(kernels, schedule, compiled.of(plan).gradient, find, (index) => {
    const product = transposed[index] as NonNullable<(typeof transposed)[number]>;
    const { buffer, firstBlock } = places[index];
    const left = find({ kind: 'productCotangent', buffer, block: firstBlock });
    return { left, right: product.right, result: dense(product.result, product.depth) };
  });

  const order = stepsOf(inputs);
  const runStepByStep = () => {
    for (let position = timesteps - 1; position >= 0; position--) {
      steps.moveTo(position);
      const active = activeRuns(mask, batch, timesteps, order[position]);
      stages.run(batch, active);
      for (const [first, end] of mask ? paddedRuns(active, batch) : []) {
        for (const { incoming, outgoing } of stateCotangents) {
          kernels.copy(from(incoming, first), from(outgoing, first), end - first, units);
        }
      }
    }
  };
  const loop = { saved, layout, initial, productCotangents };
  const starts = stateCotangents.map(({ start, incoming }) => ({ from: start, to: incoming }));
  for (const group of groups) {
    steps.startGroup(group.first);
    steps.moveTo(timesteps - 1);
    if (asSequence) {
      stages.runSequence(group, timesteps - 1, starts);
      // The first step alone finds its states elsewhere.
      steps.moveTo(0);
      stages.runSequence(group, 1);
    } else {
      for (const { from: given, to } of starts) kernels.copy(given, to, batch, units);
      runStepByStep();
    }
    deepProducts(kernels, plan, inputs, loop, group, gradients);
  }
  // The rows are still those of the first step.
  gradients.initialStates.forEach((memory, s) => {
    kernels.copy(stateCotangents[s].outgoing, steps.fixed(memory, units), batch, units);
  });
  const repeatedState = outputState(plan);
  if (repeatedState !== undefined)
    addFirstRepeated(kernels, plan, inputs, sequenceCotangent, gradients.initialStates[repeatedState]);

  for (const product of transposed) if (product !== null) kernels.releaseRight(product.right);
  temporaries.release();
  return gradients;
}
