import { checkCotangents } from '../backend/check.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs } from '../backend/interface.js';
import { reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { traverse, type Visit } from './forward.js';
import { evaluate, type Values } from './step.js';

/**
 * The gradient of a scalar whose cotangents with respect to the sequence and the final states are given, in float64.
 *
 * Every step's part of the gradient graph is evaluated from the last processed step to the first; gradients of
 * matrices are `operandᵀ × cotangent`, summed. Shapes as in `SequenceGradient`.
 * @throws RangeError when a length does not fit its shape.
 */
export function referenceGradient(
  plan: Plan,
  inputs: SequenceInputs<Float64Array>,
  cotangents: SequenceCotangents<Float64Array>,
): SequenceGradient<Float64Array> {
  checkCotangents(plan, inputs, cotangents);
  const { batch, timesteps, maskedOutput = 'repeat' } = inputs;
  const { units } = plan;
  const gradient = {
    x: new Float64Array(batch * timesteps * plan.inputSize),
    parameters: plan.parameters.map(({ shape }) => new Float64Array(shape.reduce((a, b) => a * b, 1))),
    initialStates: plan.states.map(() => new Float64Array(batch * units)),
  };
  const { previousStates, input, products, vectors } = plan.gradient;
  const order = reachable(plan.nodes, [
    ...previousStates,
    ...(input === null ? [] : [input]),
    ...products.flat(),
    ...vectors.map(({ node }) => node),
  ]);
  const { visits } = traverse(plan, inputs);
  for (let row = 0; row < batch; row++) {
    const slice = (values?: Float64Array) =>
      values ? values.slice(row * units, (row + 1) * units) : new Float64Array(units);
    let stateCotangents = plan.states.map((_, s) => slice(cotangents.states?.[s]));
    /** Cotangents of repeated outputs, on their way to the step whose output they repeat. */
    let repeated = new Float64Array(units);
    for (const visit of visits.filter((v) => v.row === row).reverse()) {
      const position = (row * timesteps + visit.step) * units;
      const own = cotangents.sequence?.slice(position, position + units) ?? new Float64Array(units);
      if (visit.padded) {
        if (maskedOutput === 'repeat') repeated = repeated.map((value, i) => value + own[i]);
        continue;
      }
      const outputCotangent = own.map((value, i) => value + repeated[i]);
      repeated = new Float64Array(units);
      const stepInputs = { ...visit.inputs, outputCotangent, stateCotangents };
      const values = evaluate(plan, order, stepInputs, [...visit.values]);
      stateCotangents = previousStates.map((id) => values[id] as Float64Array<ArrayBuffer>);
      accumulate(plan, visit, values, gradient, timesteps);
    }
    gradient.initialStates.forEach((target, s) => {
      target.set(stateCotangents[s], row * units);
    });
  }
  return gradient;
}

/** Adds one step's share to the gradients of `x` and of the parameters. */
function accumulate(
  plan: Plan,
  { row, step, inputs }: Visit,
  values: Values,
  gradient: { x: Float64Array; parameters: Float64Array[] },
  timesteps: number,
): void {
  const { units, inputSize } = plan;
  const value = (id: number) => values[id] as Float64Array;
  const position = (row * timesteps + step) * inputSize;
  const dx = gradient.x.subarray(position, position + inputSize);
  const { input, products, vectors } = plan.gradient;
  if (input !== null) for (let i = 0; i < inputSize; i++) dx[i] += value(input)[i];
  for (const { parameter, block, node } of vectors) {
    const target = gradient.parameters[parameter].subarray(block * units, (block + 1) * units);
    for (let i = 0; i < units; i++) target[i] += value(node)[i];
  }
  plan.products.forEach(({ parameter, firstBlock, results }, p) => {
    const width = plan.parameters[parameter].shape[1];
    const weights = inputs.parameters[parameter];
    results.forEach((result, b) => {
      const node = plan.nodes[result];
      if (node.kind !== 'product') throw new Error('the result of a product is not a product');
      const operand = value(node.operand);
      const cotangent = value(products[p][b]);
      const column = (firstBlock + b) * units;
      const readsInput = plan.nodes[node.operand].kind === 'input';
      for (let i = 0; i < operand.length; i++) {
        for (let j = 0; j < units; j++) {
          gradient.parameters[parameter][i * width + column + j] += operand[i] * cotangent[j];
          if (readsInput) dx[i] += cotangent[j] * weights[i * width + column + j];
        }
      }
    });
  });
}
