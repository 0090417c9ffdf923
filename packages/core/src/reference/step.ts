import { type NodeId, operations } from '../equations/operations.js';
import { resultWidth, rowOperations } from '../equations/row-operations.js';
import type { Node, ProductMatrix } from '../graph/graph.js';
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
  const { count } = inputs;
  switch (node.kind) {
    case 'input':
      return inputs.x;
    case 'state':
      return inputs.states[node.state];
    case 'vector': {
      const { width } = plan.parameters[node.parameter];
      const vector = inputs.parameters[node.parameter].subarray(node.block * width, (node.block + 1) * width);
      const repeated = new Float64Array(count * width);
      for (let row = 0; row < count; row++) repeated.set(vector, row * width);
      return repeated;
    }
    case 'constant':
      return new Float64Array(count).fill(node.value);
    case 'recurrentMask':
      return inputs.recurrentMasks[node.index];
    case 'outputCotangent':
      return inputs.outputCotangent as Float64Array;
    case 'stateCotangent':
      return (inputs.stateCotangents as readonly Float64Array[])[node.state];
    case 'mask':
    case 'lastOutput':
    case 'repeatedCotangent':
    case 'scan':
      throw new Error(
        `the reference takes the steps that are not padded one by one, so it has no ${node.kind}`,
      );
    case 'product':
      return multiply(plan, node, values[node.operand], inputs);
    case 'transposedProduct': {
      const sum = new Float64Array(count * node.width);
      node.inputs.forEach((id, i) => {
        const product = plan.nodes[plan.products[node.product].results[i]];
        if (product.kind !== 'product') throw new Error('the result of a product is not a product');
        addTransposed(plan, product, inFull(values[id], count, product.columns), inputs, sum);
      });
      return sum;
    }
    case 'operation': {
      const { evaluate: scalar } = operations[node.name];
      const width = Math.max(...node.inputs.map((id) => plan.widths[id]));
      const [a, b = a, c = a] = node.inputs.map((id) => inFull(values[id], count, width));
      const result = new Float64Array(count * width);
      for (let i = 0; i < result.length; i++) result[i] = scalar(a[i], b[i], c[i]);
      return result;
    }
    case 'rowOperation': {
      const number = rowOperations[node.name];
      const width = plan.widths[node.operand];
      const length = resultWidth(node.name, width, node.parts);
      const operand = values[node.operand];
      return Float64Array.from({ length: count * length }, (_, i) =>
        number(operand, Math.floor(i / length) * width, width, node.parts, i % length),
      );
    }
    case 'slice': {
      const width = plan.widths[node.operand];
      const result = new Float64Array(count * node.width);
      for (let row = 0; row < count; row++) {
        const start = row * width + node.start;
        result.set(values[node.operand].subarray(start, start + node.width), row * node.width);
      }
      return result;
    }
    case 'concat': {
      const result = new Float64Array(count * node.width);
      node.inputs.forEach((id, i) => {
        const width = plan.widths[id];
        for (let row = 0; row < count; row++) {
          const part = values[id].subarray(row * width, (row + 1) * width);
          result.set(part, row * node.width + node.starts[i]);
        }
      });
      return result;
    }
  }
}

/** Rows of `width` numbers; a row of one number becomes one of equal numbers. */
export function inFull(rows: Float64Array, count: number, width: number): Float64Array {
  if (rows.length === count * width) return rows;
  return Float64Array.from({ length: count * width }, (_, i) => rows[Math.floor(i / width)]);
}

/** `rows × part of a block` of a matrix parameter. */
function multiply(
  plan: Plan,
  { parameter, block, firstRow, rows: depth, firstColumn, columns }: ProductMatrix,
  rows: Float64Array,
  { count, parameters }: StepInputs,
): Float64Array {
  const matrix = parameters[parameter];
  const { shape, width: blockWidth } = plan.parameters[parameter];
  const result = new Float64Array(count * columns);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < depth; i++) {
      const factor = rows[row * depth + i];
      const first = (firstRow + i) * shape[1] + block * blockWidth + firstColumn;
      for (let j = 0; j < columns; j++) result[row * columns + j] += factor * matrix[first + j];
    }
  }
  return result;
}

/** `sum += rows × part of a blockᵀ`. */
function addTransposed(
  plan: Plan,
  { parameter, block, firstRow, rows: depth, firstColumn, columns }: ProductMatrix,
  rows: Float64Array,
  { count, parameters }: StepInputs,
  sum: Float64Array,
): void {
  const matrix = parameters[parameter];
  const { shape, width: blockWidth } = plan.parameters[parameter];
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < depth; i++) {
      const first = (firstRow + i) * shape[1] + block * blockWidth + firstColumn;
      let part = 0;
      for (let j = 0; j < columns; j++) part += rows[row * columns + j] * matrix[first + j];
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
