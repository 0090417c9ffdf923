import { checkCotangents } from '../backend/check.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs } from '../backend/interface.js';
import { type SequenceLayout, sequenceLayout } from '../backend/sequences.js';
import { reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { outputState } from '../plan/plan.js';
import { type ReferenceResult, type ReferenceStep, referenceForward } from './forward.js';
import { evaluate, putRows, takeRows, type Values } from './step.js';

/**
 * The gradient of a scalar whose cotangents with respect to the sequence and the final states are given, in float64.
 *
 * Every step's part of the gradient graph is evaluated from the last processed step to the first; gradients of
 * matrices are `operandᵀ × cotangent`, summed. Shapes as in `SequenceGradient`.
 *
 * @param result of `referenceForward` with the same plan and inputs; computed if absent.
 * @throws RangeError when a length does not fit its shape.
 */
export function referenceGradient(
  plan: Plan,
  inputs: SequenceInputs<Float64Array>,
  cotangents: SequenceCotangents<Float64Array>,
  result: ReferenceResult = referenceForward(plan, inputs),
): SequenceGradient<Float64Array> {
  checkCotangents(plan, inputs, cotangents);
  const { batch, timesteps, maskedOutput = 'repeat' } = inputs;
  const layout = sequenceLayout(inputs);
  const { units } = plan;
  const gradient = {
    x: new Float64Array(batch * timesteps * plan.inputSize),
    parameters: plan.parameters.map(({ shape }) => new Float64Array(shape.reduce((a, b) => a * b, 1))),
  };
  const { previousStates, input, products, vectors } = plan.gradient;
  const order = reachable(plan.nodes, [
    ...previousStates,
    ...(input === null ? [] : [input]),
    ...products.flat(),
    ...vectors.map(({ node }) => node),
  ]);
  const zeros = () => new Float64Array(batch * units);
  const allRows = Array.from({ length: batch }, (_, row) => row);
  let stateCotangents = plan.states.map((_, s) => cotangents.states?.[s] ?? zeros());
  /** Of the outputs that padded steps repeat, summed up to the step that computed the output. */
  let outputCotangents: Float64Array = zeros();
  for (const visit of [...result.steps].reverse()) {
    const { step, rows } = visit;
    if (cotangents.sequence) {
      for (const row of maskedOutput === 'repeat' ? allRows : rows) {
        const given = (row * layout.row + step * layout.step) * units;
        for (let i = 0; i < units; i++) {
          outputCotangents[row * units + i] += cotangents.sequence[given + i];
        }
      }
    }
    const stepInputs = {
      ...visit.inputs,
      outputCotangent: takeRows(outputCotangents, rows, units),
      stateCotangents: stateCotangents.map((cotangent) => takeRows(cotangent, rows, units)),
    };
    const values = evaluate(plan, order, stepInputs, [...visit.values]);
    outputCotangents = putRows(outputCotangents, rows, new Float64Array(rows.length * units), units);
    stateCotangents = stateCotangents.map((cotangent, s) =>
      putRows(cotangent, rows, values[previousStates[s]], units),
    );
    accumulate(plan, visit, values, gradient, layout);
  }
  const initialStates = stateCotangents.map((cotangent) => cotangent.slice());
  const repeatedState = outputState(plan);
  // The remaining cotangents belong to outputs that repeat the initial state.
  const first = repeatedState === undefined ? undefined : initialStates[repeatedState];
  first?.forEach((value, i) => {
    first[i] = value + outputCotangents[i];
  });
  return { ...gradient, initialStates };
}

/** Adds one step's share to the gradients of `x` and of the parameters. */
function accumulate(
  plan: Plan,
  { step, rows, inputs }: ReferenceStep,
  values: Values,
  gradient: { x: Float64Array; parameters: Float64Array[] },
  layout: SequenceLayout,
): void {
  const { units, inputSize } = plan;
  const { input, products, vectors } = plan.gradient;
  const dx = new Float64Array(rows.length * inputSize);
  if (input !== null) dx.set(values[input]);
  for (const { parameter, block, node } of vectors) {
    const target = gradient.parameters[parameter].subarray(block * units, (block + 1) * units);
    values[node].forEach((value, i) => {
      target[i % units] += value;
    });
  }
  plan.products.forEach(({ parameter, firstBlock, results }, p) => {
    const width = plan.parameters[parameter].shape[1];
    const weights = inputs.parameters[parameter];
    const target = gradient.parameters[parameter];
    results.forEach((result, b) => {
      const node = plan.nodes[result];
      if (node.kind !== 'product') throw new Error('the result of a product is not a product');
      const operand = values[node.operand];
      const cotangent = values[products[p][b]];
      const readsInput = plan.nodes[node.operand].kind === 'input';
      const depth = plan.parameters[parameter].shape[0];
      for (let row = 0; row < rows.length; row++) {
        for (let i = 0; i < depth; i++) {
          const first = i * width + (firstBlock + b) * units;
          const factor = operand[row * depth + i];
          let sum = 0;
          for (let j = 0; j < units; j++) {
            const other = cotangent[row * units + j];
            target[first + j] += factor * other;
            sum += other * weights[first + j];
          }
          if (readsInput) dx[row * depth + i] += sum;
        }
      }
    });
  });
  rows.forEach((row, i) => {
    const part = dx.subarray(i * inputSize, (i + 1) * inputSize);
    gradient.x.set(part, (row * layout.row + step * layout.step) * inputSize);
  });
}
