import { isInputProjection } from '../../graph/products.js';
import type { Plan } from '../../plan/plan.js';
import type { Slot } from '../../plan/program.js';
import type { SequenceInputs, SequenceResult } from '../interface.js';
import type { Rows } from '../kernels.js';
import type { CompiledPlans } from './compiled-plans.js';
import { type AnyKernels, asMatrix, dense, from, productSize, weights } from './matrices.js';
import { activeRuns, paddedRuns } from './padding.js';
import { SavedLayout } from './saved-layout.js';
import { operandRows, StepPlaces, stepsOf } from './steps.js';

/**
 * Runs a plan forward with a device's kernels: input projections for the whole sequence, then the stages of each step.
 * Sequences are `[batch, timesteps, …]` throughout; a step's rows are strided views into them, nothing is transposed.
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
  const programs = compiled.of(plan)[keep ? 'training' : 'inference'];
  const layout = new SavedLayout(plan, batch, timesteps);
  const rows = () => kernels.allocate(batch * units);

  const sequence = kernels.allocate(batch * timesteps * units);
  const saved = keep ? kernels.allocate(layout.length) : undefined;
  const finalStates = plan.states.map(rows);
  const scratch: Memory[] = [];
  const temporary = (memory: Memory) => {
    scratch.push(memory);
    return memory;
  };
  const values = saved ? [] : Array.from({ length: schedule.values }, () => temporary(rows()));
  /** Without `keep` two buffers for each state take turns. */
  const turns = saved ? [] : plan.states.map(() => [temporary(rows()), temporary(rows())]);
  const initial = plan.states.map((_, s) => inputs.initialStates?.[s] ?? temporary(rows()));
  const mask = inputs.mask && kernels.view(inputs.mask).slice();

  const results = plan.products.map((product, index) => {
    const { depth, columns } = productSize(plan, index);
    if (!isInputProjection(product)) return temporary(kernels.allocate(batch * columns));
    const result = temporary(kernels.allocate(batch * timesteps * columns));
    const right = kernels.prepare(weights(plan, parameters, index), batch * timesteps, depth, columns);
    kernels.multiply(dense(inputs.x, depth), right, dense(result, columns), batch * timesteps, false);
    kernels.releaseRight(right);
    return result;
  });
  const rights = plan.products.map((product, index) => {
    if (isInputProjection(product)) return null;
    const { depth, columns } = productSize(plan, index);
    return kernels.prepare(weights(plan, parameters, index), batch * timesteps, depth, columns);
  });

  stepsOf(inputs).forEach((step, i) => {
    const places = new StepPlaces(plan, inputs, step);
    const stateAfter = (s: number, at: number, turn: number): Rows<Memory> =>
      saved ? places.inSequence(saved, units, layout.state(s), at) : places.rows(turns[s][turn % 2]);
    const state = (s: number) => (i === 0 ? places.rows(initial[s]) : stateAfter(s, places.before, i - 1));
    const newState = (s: number) => stateAfter(s, step, i);
    const value = (index: number) =>
      saved ? places.inSequence(saved, units, layout.value(index)) : places.rows(values[index]);
    const output = places.inSequence(sequence, units);
    const find = (slot: Slot): Rows<Memory> => {
      switch (slot.kind) {
        case 'input':
          return places.inSequence(inputs.x, plan.inputSize);
        case 'state':
          return state(slot.state);
        case 'newState':
          return newState(slot.state);
        case 'output':
          return output;
        case 'vector':
          return places.vector(slot.parameter, slot.block);
        case 'recurrentMask':
          return places.recurrentMask(slot.index);
        case 'value':
          return value(slot.index);
        case 'product': {
          const { columns } = productSize(plan, slot.product);
          const memory = results[slot.product];
          const offset = slot.block * units;
          return isInputProjection(plan.products[slot.product])
            ? places.inSequence(memory, columns, offset)
            : { memory, offset, stride: columns };
        }
        default:
          throw new Error(`a forward program cannot reach ${slot.kind}`);
      }
    };
    const active = activeRuns(mask, batch, timesteps, step);
    schedule.stages.forEach(({ products, program }, stage) => {
      for (const index of products) {
        const left = asMatrix(operandRows(plan.products[index].operand, state, value));
        const { columns } = productSize(plan, index);
        kernels.multiply(left, rights[index], dense(results[index], columns), batch, false);
      }
      const loads = program.loads.map(find);
      const stores = program.stores.map(({ slot }) => find(slot));
      for (const [first, end] of active) {
        const part = (all: Rows<Memory>[]) => (first === 0 ? all : all.map((r) => from(r, first)));
        kernels.run(programs[stage], { loads: part(loads), stores: part(stores) }, end - first);
      }
    });
    for (const [first, end] of mask ? paddedRuns(active, batch) : []) {
      const carry = (a: Rows<Memory>, b: Rows<Memory>) =>
        kernels.copy(from(a, first), from(b, first), end - first, units);
      for (const s of plan.states.keys()) carry(state(s), newState(s));
      if (maskedOutput === 'repeat' && i > 0)
        carry(places.inSequence(sequence, units, 0, places.before), output);
    }
    if (i === timesteps - 1) {
      finalStates.forEach((memory, s) => {
        kernels.copy(newState(s), places.rows(memory), batch, units);
      });
    }
  });

  for (const right of rights) if (right !== null) kernels.releaseRight(right);
  for (const memory of scratch) kernels.release(memory);
  return { sequence, states: finalStates, saved };
}
