import { checkCotangents } from '../backend/check.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs } from '../backend/interface.js';
import { type SequenceLayout, sequenceLayout } from '../backend/sequences.js';
import { gradientOf } from '../gradient/step-gradient.js';
import { reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { outputState } from '../plan/plan.js';
import { type ReferenceResult, type ReferenceStep, referenceForward } from './forward.js';
import { evaluate, inFull, putRows, takeRows, type Values } from './step.js';

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
  const { stateWidths, outputWidth } = plan;
  const gradient = {
    x: new Float64Array(batch * timesteps * plan.inputSize),
    parameters: plan.parameters.map(({ shape }) => new Float64Array(shape.reduce((a, b) => a * b, 1))),
  };
  const { previousStates, input, products, vectors, nodes, widths } = gradientOf(plan);
  const order = reachable(nodes, [
    ...previousStates,
    ...(input === null ? [] : [input]),
    ...products.flat(),
    ...vectors.map(({ node }) => node),
  ]);
  const zeros = (width: number) => new Float64Array(batch * width);
  const allRows = Array.from({ length: batch }, (_, row) => row);
  let stateCotangents = stateWidths.map((width, s) => cotangents.states?.[s] ?? zeros(width));
  /** Of the outputs that padded steps repeat, summed up to the step that computed the output. */
  let outputCotangents: Float64Array = zeros(outputWidth);
  for (const visit of [...result.steps].reverse()) {
    const { step, rows } = visit;
    if (cotangents.sequence) {
      for (const row of maskedOutput === 'repeat' ? allRows : rows) {
        const given = (row * layout.row + step * layout.step) * outputWidth;
        for (let i = 0; i < outputWidth; i++) {
          outputCotangents[row * outputWidth + i] += cotangents.sequence[given + i];
        }
      }
    }
    const stepInputs = {
      ...visit.inputs,
      outputCotangent: takeRows(outputCotangents, rows, outputWidth),
      stateCotangents: stateCotangents.map((cotangent, s) => takeRows(cotangent, rows, stateWidths[s])),
    };
    const values = evaluate({ ...plan, nodes, widths }, order, stepInputs, [...visit.values]);
    outputCotangents = putRows(
      outputCotangents,
      rows,
      new Float64Array(rows.length * outputWidth),
      outputWidth,
    );
    stateCotangents = stateCotangents.map((cotangent, s) =>
      putRows(
        cotangent,
        rows,
        inFull(values[previousStates[s]], rows.length, stateWidths[s]),
        stateWidths[s],
      ),
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
  const { inputSize } = plan;
  const { input, products, vectors } = gradientOf(plan);
  const dx = new Float64Array(rows.length * inputSize);
  if (input !== null) dx.set(inFull(values[input], rows.length, inputSize));
  for (const { parameter, block, node } of vectors) {
    const { width } = plan.parameters[parameter];
    const target = gradient.parameters[parameter].subarray(block * width, (block + 1) * width);
    inFull(values[node], rows.length, width).forEach((value, i) => {
      target[i % width] += value;
    });
  }
  plan.products.forEach(({ results, operand: { kind, start } }, p) => {
    results.forEach((result, r) => {
      const node = plan.nodes[result];
      if (node.kind !== 'product') throw new Error('the result of a product is not a product');
      const { parameter, block, firstRow, rows: depth, firstColumn, columns } = node;
      const { shape, width } = plan.parameters[parameter];
      const weights = inputs.parameters[parameter];
      const target = gradient.parameters[parameter];
      const operand = values[node.operand];
      const cotangent = inFull(values[products[p][r]], rows.length, columns);
      for (let row = 0; row < rows.length; row++) {
        for (let i = 0; i < depth; i++) {
          const first = (firstRow + i) * shape[1] + block * width + firstColumn;
          const factor = operand[row * depth + i];
          let sum = 0;
          for (let j = 0; j < columns; j++) {
            const other = cotangent[row * columns + j];
            target[first + j] += factor * other;
            sum += other * weights[first + j];
          }
          if (kind === 'input') dx[row * inputSize + start + i] += sum;
        }
      }
    });
  });
  rows.forEach((row, i) => {
    const part = dx.subarray(i * inputSize, (i + 1) * inputSize);
    gradient.x.set(part, (row * layout.row + step * layout.step) * inputSize);
  });
}
