/**
 * A plan as TensorFlow.js operations, one time step after the other: for backends without Sluice's kernels.
 *
 * Each step evaluates the nodes of the plan in order; input projections are computed before the loop. TensorFlow.js
 * differentiates the operations.
 */
import type { Plan } from '@sluice/core';
import { isInputProjection, outputState, type Product, reachable } from '@sluice/core/backend';
import {
  add,
  cast,
  clone,
  concat,
  expandDims,
  matMul,
  mul,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  transpose,
  unstack,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { fallbackOperations, type Value } from './fallback-operations.js';
import { fallbackRows } from './fallback-rows.js';
import type { RecurrentResult, RecurrentRun } from './operands.js';

type Values = ReadonlyMap<number, Value>;

/** Runs the plan; its result is that of the kernels. */
export function runFallback(run: RecurrentRun): RecurrentResult {
  const { plan, maskedOutput, reverse, timeMajor } = run;
  const { stateWidths, outputWidth } = plan;
  const batchMajor = timeMajor ? transpose(run.x, [1, 0, 2]) : run.x;
  const x = run.mask ? zeroPaddedSteps(batchMajor, run.mask) : batchMajor;
  const [batch, timesteps] = x.shape;
  const needed = reachable(plan.nodes, [...plan.newStates, plan.output]);
  const constants = computeConstants(run, needed);
  const inputs = needed.some((id) => plan.nodes[id].kind === 'input') ? splitSteps(x) : [];
  const matrices = plan.products.map((product) => selectPart(run, product));
  const projections = plan.products.map((product, i) =>
    isInputProjection(product) ? projectInput(x, product, matrices[i]) : [],
  );
  const masks = run.mask && splitSteps(expandDims(run.mask, 2));
  const zeroRows = (width: number) => zeros([batch, width]);

  const outputs: Tensor[] = [];
  let states = run.initialStates ?? stateWidths.map(zeroRows);
  const repeatedState = outputState(plan);
  let previousOutput = repeatedState === undefined ? zeroRows(outputWidth) : states[repeatedState];
  for (let count = 0; count < timesteps; count++) {
    const time = reverse ? timesteps - 1 - count : count;
    const product = (index: number, operand: () => Value): Tensor =>
      isInputProjection(plan.products[index])
        ? projections[index][time]
        : multiply(operand(), matrices[index]);
    // Not the `where` of TensorFlow.js: its gradient multiplies by 0, and zero times NaN is NaN.
    const unlessPadded = (row: Tensor, otherwise: Value) =>
      masks ? (fallbackOperations.select(masks[time], row, otherwise) as Tensor) : row;
    // A NaN in the state of a padded row must not reach the gradients of parameters.
    const clean = states.map((state) => unlessPadded(state, 0));
    const values = evaluateStep(plan, needed, constants, batch, { x: inputs[time], states: clean, product });
    // A value that depends on parameters alone is one row, or a number, for the whole batch.
    const rowOf = (id: number, width: number) => inFull(values.get(id) as Value, batch, width);
    outputs[time] = unlessPadded(
      rowOf(plan.output, outputWidth),
      maskedOutput === 'zero' ? zeroRows(outputWidth) : previousOutput,
    );
    previousOutput = outputs[time];
    const previous = states;
    states = plan.newStates.map((id, s) => unlessPadded(rowOf(id, stateWidths[s]), previous[s]));
  }
  const sequence = stack(outputs, timeMajor ? 0 : 1) as Tensor3D;
  return { sequence, states: states.map((state) => clone(state) as Tensor2D) };
}

interface StepInputs {
  x: Tensor;
  states: readonly Tensor[];
  /** All results of a product: `[batch, columns]`, or `[columns]` when it is of parameters alone. */
  product(index: number, operand: () => Value): Tensor;
}

/** Evaluates every needed node at one step. */
function evaluateStep(
  plan: Plan,
  needed: readonly number[],
  constants: Values,
  batch: number,
  { x, states, product }: StepInputs,
): Values {
  const values = new Map(constants);
  const operandOf = (id: number) => values.get(id) as Value;
  const rowsOf = (id: number) => inFull(operandOf(id), batch, plan.widths[id]);
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
        const rows = product(index, () => operandOf(node.operand));
        // TensorFlow.js's gradient of `split` into one part fails.
        const widths = results.map((result) => plan.widths[result]);
        const parts = results.length === 1 ? [rows] : split(rows, widths, rows.rank - 1);
        results.forEach((result, part) => {
          values.set(result, parts[part]);
        });
        break;
      }
      case 'operation': {
        const [a, b, c] = node.inputs.map(operandOf);
        values.set(id, fallbackOperations[node.name](a, b, c));
        break;
      }
      case 'rowOperation':
        values.set(id, fallbackRows[node.name](rowsOf(node.operand), node.parts));
        break;
      case 'slice':
        values.set(id, slice(rowsOf(node.operand), [0, node.start], [batch, node.width]));
        break;
      case 'concat':
        values.set(id, concat(node.inputs.map(rowsOf), 1));
        break;
      default:
        throw new Error(`Cell '${plan.cell.name}': a forward step has no value of kind '${node.kind}'.`);
    }
  }
  return values;
}

/** A value as rows `[batch, width]`. */
const inFull = (value: Value, batch: number, width: number): Tensor =>
  typeof value === 'object' && value.rank === 2 && value.shape[1] === width
    ? value
    : add(zeros([batch, width]), value);

/** The values that are the same at every step. */
function computeConstants(
  { plan, parameters, recurrentMasks }: RecurrentRun,
  needed: readonly number[],
): Values {
  const flat = parameters.map((parameter, i) =>
    plan.parameters[i].form === 'vector' ? reshape(parameter, [-1]) : parameter,
  );
  const rows = new Map<number, Value>();
  for (const id of needed) {
    const node = plan.nodes[id];
    if (node.kind === 'constant') rows.set(id, node.value);
    if (node.kind === 'vector') {
      const { width } = plan.parameters[node.parameter];
      rows.set(id, slice(flat[node.parameter], [node.block * width], [width]));
    }
    if (node.kind === 'recurrentMask') rows.set(id, recurrentMasks[node.index]);
  }
  return rows;
}

/** The part of a matrix parameter that a product multiplies by. */
function selectPart(
  { parameters }: RecurrentRun,
  { parameter, firstRow, rows, firstColumn, columns }: Product,
): Tensor2D {
  const matrix = parameters[parameter] as Tensor2D;
  if (rows === matrix.shape[0] && columns === matrix.shape[1]) return matrix;
  return slice(matrix, [firstRow, firstColumn], [rows, columns]);
}

/** The input projection of the whole sequence: `[batch, columns]` for each step. */
function projectInput(x: Tensor, { operand }: Product, matrix: Tensor2D): Tensor[] {
  const [batch, timesteps, inputSize] = x.shape;
  const { start, width } = operand;
  const part = width === inputSize ? x : slice(x, [0, 0, start], [batch, timesteps, width]);
  const rows = matMul(reshape(part, [batch * timesteps, width]) as Tensor2D, matrix);
  return splitSteps(reshape(rows, [batch, timesteps, matrix.shape[1]]));
}

/** The rows of each time step. TensorFlow.js's gradient of `unstack` fails for a single step. */
function splitSteps(sequence: Tensor): Tensor[] {
  return sequence.shape[1] === 1 ? [squeeze(sequence, [1])] : unstack(sequence, 1);
}

/** Rows times a matrix. A row of parameters alone has one dimension, and so has its product; a number multiplies one row. */
function multiply(rows: Value, matrix: Tensor2D): Tensor {
  if (typeof rows === 'number') return squeeze(mul(matrix, rows), [0]);
  if (rows.rank === 2) return matMul(rows as Tensor2D, matrix);
  return squeeze(matMul(expandDims(rows, 0) as Tensor2D, matrix), [0]);
}

/**
 * x with zeros at padded steps. A NaN there would reach the parameters' gradients, because the gradient of `where`
 * multiplies by 0.
 */
function zeroPaddedSteps(x: Tensor, mask: Tensor): Tensor {
  return where(cast(expandDims(mask, 2), 'bool'), x, 0);
}
