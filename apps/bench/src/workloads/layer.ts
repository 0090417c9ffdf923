import { cellFrom, type ParameterShape, type Plan, planFor } from '@sluice/core';
import { sum } from 'd3-array';
import { RandomNumbers } from './random.js';
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

/** The number of elements of a shape. */
export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/**
 * Weights of a cell, flat, in its own order. Matrices are uniform in ±1/√rows, so that pre-activations stay in the
 * range where gates work and recurrent products neither grow nor vanish.
 */
export function drawWeights(parameters: readonly ParameterShape[], random: RandomNumbers): Float32Array[] {
  return parameters.map(({ form, role, shape }) => {
    const vectorScale = role === 'bias' ? 0.1 : 0.5;
    return random.fill(elements(shape), form === 'matrix' ? 1 / Math.sqrt(shape[0]) : vectorScale);
  });
}

/** The plan of the layer of a form and shape. */
export function layerPlan(form: CellForm, [, , inputSize, units]: Shape): Plan {
  return planFor(cellFrom(form), { inputSize, units });
}

/** Multiply-adds of the products of one row at one timestep. */
export const perTimestep = ({ products, parameters, units }: Plan): number =>
  sum(products, ({ parameter, results }) => parameters[parameter].shape[0] * results.length * units);

/** The problem of a form and shape; the numbers are the same every time. */
export function layerProblem(form: CellForm, shape: Shape): LayerProblem {
  const [batch, timesteps, inputSize, units] = shape;
  const plan = layerPlan(form, shape);
  const random = new RandomNumbers(1);
  const x = random.fill(batch * timesteps * inputSize, 1);
  const cotangent = random.fill(batch * timesteps * units, 1 / Math.sqrt(batch * timesteps));
  return { plan, x, cotangent, parameters: drawWeights(plan.parameters, random) };
}

/** The leading part of a batch, which is compared with the float64 reference. */
export interface CheckedPart {
  readonly rows: number;
  readonly steps: number;
}

/** The multiply-adds that the reference may do: about two seconds of its time. */
const MOST_MULTIPLY_ADDS = { forward: 400e6, gradient: 150e6 };

/**
 * How much of a batch the reference computes: as many whole rows as it has time for, or the leading steps of one row
 * when a whole row takes too long.
 */
export function checkedPart(plan: Plan, workload: 'forward' | 'gradient', shape: Shape): CheckedPart {
  const [batch, timesteps] = shape;
  const affordable = MOST_MULTIPLY_ADDS[workload] / perTimestep(plan);
  const rows = Math.max(1, Math.min(batch, Math.floor(affordable / timesteps)));
  return { rows, steps: Math.max(1, Math.min(timesteps, Math.floor(affordable / rows))) };
}

/**
 * The cotangent with zeros outside of the checked part. The gradient is then computed over the whole batch but depends on
 * that part alone, so the reference can check the measured shape at a small cost.
 */
export function checkedCotangent(problem: LayerProblem, part: CheckedPart, shape: Shape): Float32Array {
  const [batch, timesteps, , units] = shape;
  const { rows, steps } = part;
  const scale = Math.sqrt((batch * timesteps) / (rows * steps));
  const scaled = leading(problem.cotangent, part, timesteps, units).map((value) => value * scale);
  return copyRows(scaled, steps * units, new Float32Array(problem.cotangent.length), timesteps * units, rows);
}

/** The checked part of an array `[batch, timesteps, features]`, as `[rows, steps, features]`. */
export function leading(
  values: Float32Array,
  { rows, steps }: CheckedPart,
  timesteps: number,
  features: number,
): Float32Array {
  const result = new Float32Array(rows * steps * features);
  return copyRows(values, timesteps * features, result, steps * features, rows);
}

/** Copies the beginning of each row between arrays whose rows have different lengths. */
export function copyRows<A extends Float32Array | Float64Array>(
  from: A,
  fromLength: number,
  to: A,
  toLength: number,
  rows: number,
): A {
  const length = Math.min(fromLength, toLength);
  for (let row = 0; row < rows; row++) {
    to.set(from.subarray(row * fromLength, row * fromLength + length), row * toLength);
  }
  return to;
}

/** `[first, second, features]` as `[second, first, features]`. */
export function swapAxes(values: Float32Array, first: number, second: number): Float32Array {
  const features = values.length / (first * second);
  const swapped = new Float32Array(values.length);
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) {
      const from = (i * second + j) * features;
      swapped.set(values.subarray(from, from + features), (j * first + i) * features);
    }
  }
  return swapped;
}
