/**
 * A plan as TensorFlow.js operations, one time step after the other: for backends without Sluice's kernels.
 *
 * It evaluates the nodes of one step as the plan has them, with input projections taken out of the loop, and leaves the
 * gradient to TensorFlow.js.
 */
import type { Plan } from '@sluice/core';
import { isInputProjection, outputState, type Product, reachable } from '@sluice/core/backend';
import {
  add,
  cast,
  clone,
  expandDims,
  matMul,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tile,
  transpose,
  unstack,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { fallbackOperations, type Value } from './fallback-operations.js';
import type { RecurrentResult, RecurrentRun } from './recurrent-run.js';

type Values = ReadonlyMap<number, Value>;

/** Runs the plan; the same result as the kernels'. */
export function recurrentFallback(run: RecurrentRun): RecurrentResult {
  const { plan, maskedOutput, reverse, timeMajor } = run;
  const given = timeMajor ? transpose(run.x, [1, 0, 2]) : run.x;
  const x = run.mask ? withoutPadding(given, run.mask) : given;
  const [batch, timesteps] = x.shape;
  const needed = reachable(plan.nodes, [...plan.newStates, plan.output]);
  const fixed = fixedRows(run, needed);
  const inputs = needed.some((id) => plan.nodes[id].kind === 'input') ? stepsOf(x) : [];
  const matrices = plan.products.map((product) => matrixOf(run, product));
  const projections = plan.products.map((product, i) =>
    isInputProjection(product) ? projectionsOf(x, matrices[i]) : [],
  );
  const used = run.mask && stepMasks(run.mask, plan.units);
  const nothing = zeros([batch, plan.units]);

  const outputs: Tensor[] = [];
  let states = run.initialStates ?? plan.states.map(() => nothing);
  const repeatedState = outputState(plan);
  let previousOutput: Tensor = repeatedState === undefined ? nothing : states[repeatedState];
  for (let count = 0; count < timesteps; count++) {
    const time = reverse ? timesteps - 1 - count : count;
    const product = (index: number, operand: () => Value): Tensor =>
      isInputProjection(plan.products[index])
        ? projections[index][time]
        : multiply(operand() as Tensor, matrices[index]);
    const values = stepValues(plan, needed, fixed, { x: inputs[time], states, product });
    // A value that does not depend on the sequence is one row, or a number, for the whole batch.
    const rowOf = (id: number) => {
      const value = values.get(id) as Value;
      return typeof value === 'object' && value.rank === 2 ? value : add(nothing, value);
    };
    const selected = (row: Tensor, otherwise: Tensor) => (used ? where(used[time], row, otherwise) : row);
    outputs[time] = selected(rowOf(plan.output), maskedOutput === 'zero' ? nothing : previousOutput);
    previousOutput = outputs[time];
    const before = states;
    states = plan.newStates.map((id, state) => selected(rowOf(id), before[state]));
  }
  const sequence = stack(outputs, timeMajor ? 0 : 1) as Tensor3D;
  return { sequence, states: states.map((state) => clone(state) as Tensor2D) };
}

interface StepInputs {
  x: Tensor;
  states: readonly Tensor[];
  /** All blocks of a product, `[batch, blocks · units]` or, of parameters alone, `[blocks · units]`. */
  product(index: number, operand: () => Value): Tensor;
}

/** Every needed node's value at one step. */
function stepValues(
  plan: Plan,
  needed: readonly number[],
  fixed: Values,
  { x, states, product }: StepInputs,
): Values {
  const values = new Map(fixed);
  const computed = (id: number) => values.get(id) as Value;
  for (const id of needed) {
    if (values.has(id)) continue;
    const node = plan.nodes[id];
    switch (node.kind) {
      case 'input':
        values.set(id, x);
        break;
      case 'state':
        values.set(id, states[node.state]);
        break;
      case 'product': {
        const index = plan.products.findIndex(({ results }) => results.includes(id));
        const { results } = plan.products[index];
        const rows = product(index, () => computed(node.operand));
        // The gradient of `split` into one part fails.
        const blocks = results.length === 1 ? [rows] : split(rows, results.length, rows.rank - 1);
        results.forEach((result, block) => {
          values.set(result, blocks[block]);
        });
        break;
      }
      case 'operation': {
        const [a, b, c] = node.inputs.map(computed);
        values.set(id, fallbackOperations[node.name](a, b, c));
        break;
      }
      default:
        throw new Error(`Cell '${plan.cell.name}': a forward step has no value of kind '${node.kind}'.`);
    }
  }
  return values;
}

/** The values that are the same at every step. */
function fixedRows({ plan, parameters, recurrentMasks }: RecurrentRun, needed: readonly number[]): Values {
  const flat = parameters.map((parameter, i) =>
    plan.parameters[i].form === 'vector' ? reshape(parameter, [-1]) : parameter,
  );
  const rows = new Map<number, Value>();
  for (const id of needed) {
    const node = plan.nodes[id];
    if (node.kind === 'constant') rows.set(id, node.value);
    if (node.kind === 'vector')
      rows.set(id, slice(flat[node.parameter], [node.block * plan.units], [plan.units]));
    if (node.kind === 'recurrentMask') rows.set(id, recurrentMasks[node.index]);
  }
  return rows;
}

/** The columns of a matrix parameter that a product multiplies with. */
function matrixOf({ plan, parameters }: RecurrentRun, { parameter, firstBlock, results }: Product): Tensor2D {
  const matrix = parameters[parameter] as Tensor2D;
  const columns = results.length * plan.units;
  if (columns === matrix.shape[1]) return matrix;
  return slice(matrix, [0, firstBlock * plan.units], [matrix.shape[0], columns]);
}

/** An input projection of the whole sequence, as one row batch for each step. */
function projectionsOf(x: Tensor, matrix: Tensor2D): Tensor[] {
  const [batch, timesteps, inputSize] = x.shape;
  const rows = matMul(reshape(x, [batch * timesteps, inputSize]) as Tensor2D, matrix);
  return stepsOf(reshape(rows, [batch, timesteps, matrix.shape[1]]));
}

/** The rows of each time step. TensorFlow.js's gradient of `unstack` fails where there is one. */
function stepsOf(sequence: Tensor): Tensor[] {
  return sequence.shape[1] === 1 ? [squeeze(sequence, [1])] : unstack(sequence, 1);
}

/** Rows times a matrix; a row made of parameters alone has one dimension, and so has its product. */
function multiply(rows: Tensor, matrix: Tensor2D): Tensor {
  if (rows.rank === 2) return matMul(rows as Tensor2D, matrix);
  return squeeze(matMul(expandDims(rows, 0) as Tensor2D, matrix), [0]);
}

/**
 * x with zeros at padded steps. What is there may be NaN, and the gradient of `where`, which multiplies by 0, would keep
 * that in the parameters' gradients.
 */
function withoutPadding(x: Tensor, mask: Tensor): Tensor {
  return where(cast(expandDims(mask, 2), 'bool'), x, 0);
}

/** For each step which rows of the batch are not padding, `[batch, units]`. */
function stepMasks(mask: Tensor, units: number): Tensor[] {
  return stepsOf(cast(tile(expandDims(mask, 2), [1, 1, units]), 'bool'));
}
