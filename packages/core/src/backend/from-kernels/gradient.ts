import { isInputProjection } from '../../graph/products.js';
import type { Plan } from '../../plan/plan.js';
import type { Slot } from '../../plan/program.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs, SequenceResult } from '../interface.js';
import type { Matrix, Rows } from '../kernels.js';
import type { CompiledPlans } from './compiled-plans.js';
import { type AnyKernels, asMatrix, dense, from, productSize, transpose, weights } from './matrices.js';
import { activeRuns, paddedRuns, withoutPaddedSteps, withRepeatedOutputs } from './padding.js';
import { previousStates } from './previous-states.js';
import { SavedLayout } from './saved-layout.js';
import { StepPlaces, stepsOf } from './steps.js';

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
  const programs = compiled.of(plan).gradient;
  const layout = new SavedLayout(plan, batch, timesteps);
  const { schedule, buffers, places: cotangentPlaces } = plan.gradient;
  const scratch: Memory[] = [];
  const temporary = (length: number) => {
    scratch.push(kernels.allocate(length));
    return scratch[scratch.length - 1];
  };
  const rows = () => temporary(batch * units);
  const values = Array.from({ length: schedule.values }, rows);
  const turns = plan.states.map(() => [rows(), rows()]);
  const noCotangent = temporary(units);
  const initial = plan.states.map((_, s) => inputs.initialStates?.[s] ?? rows());
  const mask = inputs.mask && kernels.view(inputs.mask).slice();
  const sequenceCotangent = withRepeatedOutputs(kernels, plan, inputs, cotangents.sequence, temporary);
  const cotangentMemory = buffers.map((blocks) => temporary(batch * timesteps * blocks.length * units));
  const transposed = plan.products.map((product, index) => {
    if (isInputProjection(product)) return null;
    const { depth, columns } = productSize(plan, index);
    const right = kernels.prepare(
      transpose(weights(plan, parameters, index)),
      batch * timesteps,
      columns,
      depth,
    );
    return { right, result: temporary(batch * depth), depth };
  });
  const gradients = {
    x: kernels.allocate(batch * timesteps * inputSize),
    parameters: plan.parameters.map(({ shape }) => kernels.allocate(shape.reduce((a, b) => a * b, 1))),
    initialStates: plan.states.map(() => kernels.allocate(batch * units)),
  };

  plan.states.forEach((_, s) => {
    const given = cotangents.states?.[s];
    const to = { memory: turns[s][0], offset: 0, stride: units };
    if (given !== undefined) kernels.copy({ memory: given, offset: 0, stride: units }, to, batch, units);
  });
  stepsOf(inputs)
    .reverse()
    .forEach((step, i) => {
      const places = new StepPlaces(plan, inputs, step);
      const savedState = (s: number, at: number) => places.inSequence(saved, units, layout.state(s), at);
      const incoming = (s: number) => places.rows(turns[s][i % 2]);
      const outgoing = (s: number) => places.rows(turns[s][(i + 1) % 2]);
      const productCotangent = (buffer: number, block: number) =>
        places.inSequence(cotangentMemory[buffer], buffers[buffer].length * units, block * units);
      const find = (slot: Slot): Rows<Memory> => {
        switch (slot.kind) {
          case 'input':
            return places.inSequence(inputs.x, inputSize);
          case 'state':
            return places.before < 0
              ? places.rows(initial[slot.state])
              : savedState(slot.state, places.before);
          case 'newState':
            return savedState(slot.state, step);
          case 'output':
            return places.inSequence(result.sequence, units);
          case 'vector':
            return places.vector(slot.parameter, slot.block);
          case 'recurrentMask':
            return places.recurrentMask(slot.index);
          case 'saved':
            return places.inSequence(saved, units, layout.value(slot.index));
          case 'value':
            return places.rows(values[slot.index]);
          case 'outputCotangent':
            return sequenceCotangent === undefined
              ? { memory: noCotangent, offset: 0, stride: 0 }
              : places.inSequence(sequenceCotangent, units);
          case 'stateCotangent':
            return incoming(slot.state);
          case 'previousStateCotangent':
            return outgoing(slot.state);
          case 'transposedProduct': {
            const memory = transposed[slot.product]?.result as Memory;
            return { memory, offset: 0, stride: productSize(plan, slot.product).depth };
          }
          case 'productCotangent':
            return productCotangent(slot.buffer, slot.block);
          case 'inputCotangent':
            return places.inSequence(gradients.x, inputSize);
          case 'vectorCotangent':
            return { memory: gradients.parameters[slot.parameter], offset: slot.block * units, stride: 0 };
          default:
            throw new Error(`a gradient program cannot reach ${slot.kind}`);
        }
      };
      const active = activeRuns(mask, batch, timesteps, step);
      schedule.stages.forEach(({ products, program }, stage) => {
        for (const index of products) {
          const product = transposed[index];
          if (product === null) continue;
          const { buffer, firstBlock } = cotangentPlaces[index];
          const left = asMatrix(productCotangent(buffer, firstBlock));
          kernels.multiply(left, product.right, dense(product.result, product.depth), batch, false);
        }
        const loads = program.loads.map(find);
        const stores = program.stores.map(({ slot }) => find(slot));
        for (const [first, end] of active) {
          const part = (all: Rows<Memory>[]) => (first === 0 ? all : all.map((r) => from(r, first)));
          kernels.run(programs[stage], { loads: part(loads), stores: part(stores) }, end - first);
        }
      });
      for (const [first, end] of mask ? paddedRuns(active, batch) : []) {
        for (const s of plan.states.keys()) {
          kernels.copy(from(incoming(s), first), from(outgoing(s), first), end - first, units);
        }
      }
    });
  gradients.initialStates.forEach((memory, s) => {
    const last = { memory: turns[s][timesteps % 2], offset: 0, stride: units };
    kernels.copy(last, { memory, offset: 0, stride: units }, batch, units);
  });

  const cells = batch * timesteps;
  const usedInput = withoutPaddedSteps(kernels, plan, inputs, temporary);
  const previous = new Map<number, Memory>();
  plan.products.forEach(({ operand }, index) => {
    const { depth, columns } = productSize(plan, index);
    const { buffer, firstBlock } = cotangentPlaces[index];
    const width = buffers[buffer].length * units;
    const cotangent = dense(cotangentMemory[buffer], width, firstBlock * units);
    let left: Matrix<Memory>;
    if (operand.kind === 'input') left = dense(usedInput, inputSize);
    else if (operand.kind === 'value') left = dense(saved, units, layout.value(operand.index));
    else {
      const { state } = operand;
      const memory = previous.get(state) ?? temporary(cells * units);
      if (!previous.has(state))
        previousStates(kernels, plan, inputs, saved, layout, state, initial[state], memory);
      previous.set(state, memory);
      left = dense(memory, units);
    }
    const deep = kernels.prepare(cotangent, depth, cells, columns);
    kernels.multiply(transpose(left), deep, weights(plan, gradients.parameters, index), depth, true);
    kernels.releaseRight(deep);
    if (operand.kind !== 'input') return;
    const back = kernels.prepare(transpose(weights(plan, parameters, index)), cells, columns, depth);
    kernels.multiply(cotangent, back, dense(gradients.x, inputSize), cells, true);
    kernels.releaseRight(back);
  });

  for (const product of transposed) if (product !== null) kernels.releaseRight(product.right);
  for (const memory of scratch) kernels.release(memory);
  return gradients;
}
