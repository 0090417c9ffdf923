import type { NodeId } from '../equations/operations.js';
import { operations } from '../equations/operations.js';
import type { Node } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';

/** One batch row at one time step: what the nodes of a plan are evaluated on. All rows are float64. */
export interface StepInputs {
  readonly x: Float64Array;
  readonly states: readonly Float64Array[];
  readonly parameters: readonly Float64Array[];
  readonly recurrentMasks: readonly Float64Array[];
  /** Gradient only. */
  readonly outputCotangent?: Float64Array;
  readonly stateCotangents?: readonly Float64Array[];
}

/** The value of every node that has been evaluated, by node. */
export type Values = (Float64Array | undefined)[];

/** Evaluates the given nodes, in evaluation order, on top of the values that are there already. */
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
  const value = (id: NodeId) => values[id] as Float64Array;
  switch (node.kind) {
    case 'input':
      return inputs.x;
    case 'state':
      return inputs.states[node.state];
    case 'vector':
      return inputs.parameters[node.parameter].subarray(node.block * units, (node.block + 1) * units);
    case 'constant':
      return new Float64Array(units).fill(node.value);
    case 'recurrentMask':
      return inputs.recurrentMasks[node.index];
    case 'outputCotangent':
      return inputs.outputCotangent as Float64Array;
    case 'stateCotangent':
      return (inputs.stateCotangents as readonly Float64Array[])[node.state];
    case 'product':
      return multiply(plan, node.parameter, node.block, value(node.operand), inputs);
    case 'transposedProduct': {
      const { parameter, firstBlock } = plan.products[node.product];
      const sum = new Float64Array(plan.parameters[parameter].shape[0]);
      node.inputs.forEach((id, i) => {
        addTransposed(plan, parameter, firstBlock + i, value(id), inputs, sum);
      });
      return sum;
    }
    case 'operation': {
      const { evaluate: scalar } = operations[node.name];
      const [a, b = a] = node.inputs.map(value);
      const result = new Float64Array(Math.max(a.length, b.length));
      for (let i = 0; i < result.length; i++) result[i] = scalar(a[i], b[i]);
      return result;
    }
  }
}

/** `row × block` of a matrix parameter. */
function multiply(
  plan: Plan,
  parameter: number,
  block: number,
  row: Float64Array,
  inputs: StepInputs,
): Float64Array {
  const { units } = plan;
  const matrix = inputs.parameters[parameter];
  const width = plan.parameters[parameter].shape[1];
  const result = new Float64Array(units);
  for (let i = 0; i < row.length; i++) {
    for (let j = 0; j < units; j++) result[j] += row[i] * matrix[i * width + block * units + j];
  }
  return result;
}

/** `sum += row × blockᵀ`. */
function addTransposed(
  plan: Plan,
  parameter: number,
  block: number,
  row: Float64Array,
  inputs: StepInputs,
  sum: Float64Array,
): void {
  const { units } = plan;
  const matrix = inputs.parameters[parameter];
  const width = plan.parameters[parameter].shape[1];
  for (let i = 0; i < sum.length; i++) {
    for (let j = 0; j < units; j++) sum[i] += row[j] * matrix[i * width + block * units + j];
  }
}
