import type { OperationName } from '@sluice/core';
import {
  abs,
  add,
  cast,
  customGrad,
  div,
  erf,
  exp,
  type GradSaveFunc,
  greater,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  sigmoid,
  sign,
  softplus,
  sqrt,
  sub,
  type Tensor,
  tanh,
} from '@tensorflow/tfjs-core';

/** A row of every sequence of the batch, `[batch, units]` or `[units]`, or a number that stands for equal ones. */
export type Value = Tensor | number;

/**
 * `max` or `min` with a constant. Where the operand equals the constant, TensorFlow.js's own derivatives are 1 for `max`
 * and for `min`; the plan's is 0 for `max`, as it is customary for relu.
 */
const bounded =
  (bound: (a: Tensor, limit: Value) => Tensor, passes: (a: Tensor, limit: Value) => Tensor) =>
  (operand: Value, limit: Value): Tensor =>
    customGrad((row, save) => {
      (save as GradSaveFunc)([row as Tensor]);
      return {
        value: bound(row as Tensor, limit),
        gradFunc: (cotangent: Tensor, [saved]: Tensor[]) =>
          mul(cotangent, cast(passes(saved, limit), 'float32')),
      };
    })(operand as Tensor);

/** The plan's operations as TensorFlow.js operations, differentiable ones. */
export const fallbackOperations: Readonly<Record<OperationName, (a: Value, b: Value) => Value>> = {
  identity: (a) => a,
  add: (a, b) => add(a, b),
  sub: (a, b) => sub(a, b),
  mul: (a, b) => mul(a, b),
  div: (a, b) => div(a, b),
  neg: (a) => neg(a),
  oneMinus: (a) => sub(1, a),
  max: bounded(maximum, greater),
  min: bounded(minimum, lessEqual),
  greater: (a, b) => cast(greater(a, b), 'float32'),
  abs: (a) => abs(a),
  sign: (a) => sign(a),
  sigmoid: (a) => sigmoid(a),
  tanh: (a) => tanh(a),
  exp: (a) => exp(a),
  log: (a) => log(a),
  sqrt: (a) => sqrt(a),
  softplus: (a) => softplus(a),
  erf: (a) => erf(a),
};
