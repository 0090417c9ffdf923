import { referenceForward, referenceGradient } from '@sluice/core';
import { classifierProblem } from './classifier.js';
import { classifierLosses } from './classifier-reference.js';
import { checkedCotangent, checkedPart, layerPlan, layerProblem, leading } from './layer.js';
import { streamAsForward } from './stream.js';
import type { CellForm, Task, Workload } from './workload.js';

/** The expected results of a contender's check, in float64. */
export interface Reference {
  /** In the order of the outputs of `Prepared.check`. */
  readonly expected: readonly Float64Array[];
  /** Which part of the results they are, in words. */
  readonly covers: string;
}

/** Computes a task's checked results with core's float64 reference. Takes seconds for the larger shapes. */
export function referenceOf(task: Task, form: CellForm): Reference {
  const { workload, shape } = task;
  if (workload === 'step') {
    const { expected, covers } = referenceOf(streamAsForward(task), form);
    return { expected, covers: `${covers}, over successive calls that carry the states` };
  }
  const [batch, timesteps, inputSize, units] = shape;
  if (workload === 'train') {
    const problem = classifierProblem(form, shape);
    return {
      expected: [classifierLosses(problem, shape)],
      covers: `the losses of three successive batches, each of ${problem.distinct} different sequences`,
    };
  }
  const problem = layerProblem(form, shape);
  const part = checkedPart(problem.plan, workload, shape);
  const whole = part.rows === batch && part.steps === timesteps;
  const extent = whole ? 'the whole batch' : `the first ${part.steps} steps of ${part.rows} of ${batch} rows`;
  const float64 = (values: Float32Array) => Float64Array.from(values);
  const inputs = {
    batch: part.rows,
    timesteps: part.steps,
    x: float64(leading(problem.x, part, timesteps, inputSize)),
    parameters: problem.parameters.map(float64),
  };
  if (workload === 'forward') {
    const { sequence } = referenceForward(problem.plan, inputs);
    return { expected: [sequence], covers: `the outputs of ${extent}` };
  }
  const cotangent = checkedCotangent(problem, part, shape);
  const gradient = referenceGradient(problem.plan, inputs, {
    sequence: float64(leading(cotangent, part, timesteps, units)),
  });
  const dx = new Float64Array(batch * timesteps * inputSize);
  const size = part.steps * inputSize;
  for (let row = 0; row < part.rows; row++) {
    dx.set(gradient.x.subarray(row * size, (row + 1) * size), row * timesteps * inputSize);
  }
  return {
    expected: [dx, ...gradient.parameters],
    covers: `the gradients of the input and of every weight, of a loss over ${extent}`,
  };
}

/**
 * Larger errors are not rounding but a different computation: a wrong gate gives 0.1, float32 over a thousand steps less
 * than 1e-5.
 */
export const WRONG_ABOVE: Readonly<Record<Workload, number>> = {
  forward: 1e-4,
  gradient: 1e-3,
  train: 1e-3,
  step: 1e-4,
};

/**
 * The largest difference between a contender's checked results and the reference's, relative to max(1, |reference|);
 * Infinity when a number is missing or not finite.
 */
export function maxErrorOf(
  task: Task,
  form: CellForm,
  outputs: readonly Float32Array[],
  expected: readonly Float64Array[],
): number {
  if (outputs.length !== expected.length) return Number.POSITIVE_INFINITY;
  const differences = outputs.map((output, i) =>
    largestDifference(checkedOutput(task, form, output), expected[i]),
  );
  return Math.max(...differences);
}

/** Of a sequence, the part that the reference computed; gradients and losses are compared whole. */
function checkedOutput(task: Task, form: CellForm, output: Float32Array): Float32Array {
  const { workload, shape } = task;
  if (workload === 'step') return checkedOutput(streamAsForward(task), form, output);
  if (workload !== 'forward') return output;
  const part = checkedPart(layerPlan(form, shape), workload, shape);
  return leading(output, part, shape[1], shape[3]);
}

function largestDifference(output: Float32Array, expected: Float64Array): number {
  if (output.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(output[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
