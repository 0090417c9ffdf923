import { cellFrom, type Plan, planFor } from '@sluice/core';
import { RandomNumbers } from './random.js';
import { drawWeights, elements } from './weights.js';
import type { CellForm, Shape } from './workload.js';

/** The data of the workloads `forward` and `gradient`: one layer over one batch. All float32, row-major. */
export interface LayerProblem {
  readonly plan: Plan;
  /** `[batch, timesteps, inputSize]` */
  readonly x: Float32Array;
  /** In the plan's order. */
  readonly parameters: readonly Float32Array[];
  /** What the gradient starts from, `[batch, timesteps, units]`. */
  readonly cotangent: Float32Array;
}

/** The plan of the layer of a form and shape. */
export function layerPlan(form: CellForm, [, , inputSize, units]: Shape): Plan {
  return planFor(cellFrom(form), { inputSize, units });
}

/** The same numbers every time for a form and shape. */
export function layerProblem(form: CellForm, shape: Shape): LayerProblem {
  const [batch, timesteps, inputSize, units] = shape;
  const plan = layerPlan(form, shape);
  const random = new RandomNumbers(1);
  const x = random.fill(batch * timesteps * inputSize, 1);
  const cotangent = random.fill(batch * timesteps * units, 1 / Math.sqrt(batch * timesteps));
  return { plan, x, cotangent, parameters: drawWeights(plan.parameters, random) };
}

/** The leading part of a batch that is compared with the float64 reference. */
export interface CheckedPart {
  readonly rows: number;
  readonly steps: number;
}

/** Multiply-adds that the reference may spend, which is about two seconds of its time. */
const FORWARD_BUDGET = 400e6;
const GRADIENT_BUDGET = 150e6;

/**
 * How much of a batch the reference computes: as many rows with all their steps as the budget allows; of one row, the
 * leading steps when the row alone is too much.
 */
export function checkedPart(plan: Plan, workload: 'forward' | 'gradient', shape: Shape): CheckedPart {
  const [batch, timesteps] = shape;
  const matrices = plan.parameters.filter(({ form }) => form === 'matrix');
  const perStep = matrices.reduce((sum, parameter) => sum + elements(parameter.shape), 0);
  const affordable = (workload === 'forward' ? FORWARD_BUDGET : GRADIENT_BUDGET) / perStep;
  const rows = Math.max(1, Math.min(batch, Math.floor(affordable / timesteps)));
  return { rows, steps: Math.max(1, Math.min(timesteps, Math.floor(affordable / rows))) };
}

/**
 * The cotangent with zeros outside of the checked part. A gradient that starts from it depends on that part alone,
 * though it is computed over the whole batch: so the measured shape itself is checked at the price of a small one.
 */
export function checkedCotangent(problem: LayerProblem, part: CheckedPart, shape: Shape): Float32Array {
  const [, timesteps, , units] = shape;
  const masked = new Float32Array(problem.cotangent.length);
  const scale = Math.sqrt((shape[0] * timesteps) / (part.rows * part.steps));
  for (let row = 0; row < part.rows; row++) {
    const start = row * timesteps * units;
    const values = problem.cotangent.subarray(start, start + part.steps * units);
    masked.set(
      values.map((value) => value * scale),
      start,
    );
  }
  return masked;
}

/** The checked part of an array `[batch, timesteps, features]`, as `[rows, steps, features]`. */
export function leading<A extends Float32Array | Float64Array>(
  values: A,
  part: CheckedPart,
  timesteps: number,
  features: number,
): A {
  const result = values.slice(0, part.rows * part.steps * features) as A;
  for (let row = 0; row < part.rows; row++) {
    const start = row * timesteps * features;
    result.set(values.subarray(start, start + part.steps * features), row * part.steps * features);
  }
  return result;
}
