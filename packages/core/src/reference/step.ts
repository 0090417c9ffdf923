import { type NodeId, operations } from '../equations/operations.js';
import type { Node } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';

/** Some batch rows at one time step, for the evaluation of a plan's nodes. All arrays are `[count, …]`. */
export interface StepInputs {
  readonly count: number;
  readonly x: Float64Array;
  readonly states: readonly Float64Array[];
  /** The plan's, with the plan's shapes. */
  readonly parameters: readonly Float64Array[];
  readonly recurrentMasks: readonly Float64Array[];
  /** Gradient only. */
  readonly outputCotangent?: Float64Array;
  readonly stateCotangents?: readonly Float64Array[];
}

/** The values of evaluated nodes, by node, `[count, width]`. */
export type Values = Float64Array[];

/** Evaluates nodes, in evaluation order, and adds them to `values`. */
export function evaluate(
  plan: Plan,
  ids: readonly NodeId[],
  inputs: StepInputs,
  values: Values = [],
): Values {
  for (const id of ids) values[id] ??= evaluateNode(plan, plan.nodes[id], inputs, values);
  return values;
}

function evaluateNode(plan: Plan, node: Node, inputs: StepInputs, values: Values): Float64Array {
  const { units } = plan;
  const { count } = inputs;
  switch (node.kind) {
    case 'input':
      return inputs.x;
    case 'state':
      return inputs.states[node.state];
    case 'vector': {
      const vector = inputs.parameters[node.parameter].subarray(node.block * units, (node.block + 1) * units);
      const repeated = new Float64Array(count * units);
      for (let row = 0; row < count; row++) repeated.set(vector, row * units);
      return repeated;
    }
    case 'constant':
      return new Float64Array(count * units).fill(node.value);
    case 'recurrentMask':
      return inputs.recurrentMasks[node.index];
    case 'outputCotangent':
      return inputs.outputCotangent as Float64Array;
    case 'stateCotangent':
      return (inputs.stateCotangents as readonly Float64Array[])[node.state];
    case 'mask':
    case 'lastOutput':
      throw new Error(`the reference leaves out padded rows, so it has no ${node.kind}`);
    case 'product':
      return multiply(plan, node.parameter, node.block, values[node.operand], inputs);
    case 'transposedProduct': {
      const { parameter, firstBlock } = plan.products[node.product];
      const sum = new Float64Array(count * plan.parameters[parameter].shape[0]);
      node.inputs.forEach((id, i) => {
        addTransposed(plan, parameter, firstBlock + i, values[id], inputs, sum);
      });
      return sum;
    }
    case 'operation': {
      const { evaluate: scalar } = operations[node.name];
      const [a, b = a, c = a] = node.inputs.map((id) => values[id]);
      const result = new Float64Array(a.length);
      for (let i = 0; i < result.length; i++) result[i] = scalar(a[i], b[i], c[i]);
      return result;
    }
  }
}

/** `rows × block` of a matrix parameter. */
function multiply(
  plan: Plan,
  parameter: number,
  block: number,
  rows: Float64Array,
  { count, parameters }: StepInputs,
): Float64Array {
  const { units } = plan;
  const matrix = parameters[parameter];
  const [depth, width] = plan.parameters[parameter].shape;
  const result = new Float64Array(count * units);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < depth; i++) {
      const factor = rows[row * depth + i];
      const first = i * width + block * units;
      for (let j = 0; j < units; j++) result[row * units + j] += factor * matrix[first + j];
    }
  }
  return result;
}

/** `sum += rows × blockᵀ`. */
function addTransposed(
  plan: Plan,
  parameter: number,
  block: number,
  rows: Float64Array,
  { count, parameters }: StepInputs,
  sum: Float64Array,
): void {
  const { units } = plan;
  const matrix = parameters[parameter];
  const [depth, width] = plan.parameters[parameter].shape;
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < depth; i++) {
      const first = i * width + block * units;
      let part = 0;
      for (let j = 0; j < units; j++) part += rows[row * units + j] * matrix[first + j];
      sum[row * depth + i] += part;
    }
  }
}

/** Whether the step at `position = row · timesteps + step` is padded. */
export const isPadded = (mask: Float64Array | undefined, position: number): boolean =>
  mask !== undefined && mask[position] === 0;

/** The given rows, in order, of an array `[…, width]`; the array itself when these are all rows. */
export function takeRows(values: Float64Array, rows: readonly number[], width: number): Float64Array {
  if (values.length === rows.length * width) return values;
  const taken = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) taken[i * width + j] = values[row * width + j];
  });
  return taken;
}

/** A copy of `values` with `put` in the given rows; `put` itself when these are all rows. */
export function putRows(
  values: Float64Array,
  rows: readonly number[],
  put: Float64Array,
  width: number,
): Float64Array {
  if (values.length === put.length) return put;
  const copy = values.slice();
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) copy[row * width + j] = put[i * width + j];
  });
  return copy;
}
