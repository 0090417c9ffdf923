import { referenceForward, referenceGradient } from '@sluice/core';
import { classifierProblem } from './classifier.js';
import { classifierLosses } from './classifier-reference.js';
import { checkedCotangent, checkedPart, copyRows, layerProblem, leading } from './layer.js';
import { streamAsForward } from './stream.js';
import type { CellForm, Task, Workload } from './workload.js';

/** No result is that: outputs are finite. */
const UNCHECKED = Number.NEGATIVE_INFINITY;

/** The expected results of a contender's check, in float64. */
export interface Reference {
  /** In the order and of the sizes of the outputs of `Prepared.check`; `UNCHECKED` where these are not compared. */
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
  const isWhole = part.rows === batch && part.steps === timesteps;
  const extent = isWhole
    ? 'the whole batch'
    : `the first ${part.steps} steps of ${part.rows} of ${batch} rows`;
  const float64 = (values: Float32Array) => Float64Array.from(values);
  const inputs = {
    batch: part.rows,
    timesteps: part.steps,
    x: float64(leading(problem.x, part, timesteps, inputSize)),
    parameters: problem.parameters.map(float64),
  };
  const whole = (values: Float64Array, features: number, rest: number) => {
    const result = new Float64Array(batch * timesteps * features).fill(rest);
    return copyRows(values, part.steps * features, result, timesteps * features, part.rows);
  };
  if (workload === 'forward') {
    const { sequence } = referenceForward(problem.plan, inputs);
    return { expected: [whole(sequence, units, UNCHECKED)], covers: `the outputs of ${extent}` };
  }
  const cotangent = checkedCotangent(problem, part, shape);
  const gradient = referenceGradient(problem.plan, inputs, {
    sequence: float64(leading(cotangent, part, timesteps, units)),
  });
  return {
    expected: [whole(gradient.x, inputSize, 0), ...gradient.parameters],
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
export function maxErrorOf(outputs: readonly Float32Array[], expected: readonly Float64Array[]): number {
  if (outputs.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, reference] of expected.entries()) {
    if (outputs[i].length !== reference.length) return Number.POSITIVE_INFINITY;
    for (let j = 0; j < reference.length; j++) {
      if (reference[j] === UNCHECKED) continue;
      const difference = Math.abs(outputs[i][j] - reference[j]) / Math.max(1, Math.abs(reference[j]));
      if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}
