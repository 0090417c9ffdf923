import { checkedPart, layerPlan, leading } from './layer.js';
import { streamAsForward } from './stream.js';
import type { CellForm, Task, Workload } from './workload.js';

/**
 * Errors above these are not rounding but a different computation: a gate in the wrong place gives 0.1, float32 over a
 * thousand steps less than 1e-5.
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
  return Math.max(
    ...outputs.map((output, i) => largestDifference(checkedOutput(task, form, output), expected[i])),
  );
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
