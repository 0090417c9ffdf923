/** The plan's operations as TensorFlow.js operations, with the plan's gradients where TensorFlow.js's differ. */
import type { OperationName } from '@sluice/core/backend';
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
  greaterEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  sigmoid,
  sign,
  softplus,
  sqrt,
  sub,
  type Tensor,
  tanh,
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { isSameShape } from '../checks.js';

/** Rows `[batch, width]`, one row `[width]` for the whole batch, or one number for all of its elements. */
export type Value = Tensor | number;

/** Operands whose tensors all have the same shape: a single row and single numbers are repeated to the widest. */
function broadcastRows(operands: readonly Value[]): readonly Value[] {
  const tensors = operands.filter((operand) => typeof operand !== 'number');
  const batch = tensors.find(({ rank }) => rank === 2)?.shape[0];
  const width = Math.max(...tensors.map(({ shape }) => shape[shape.length - 1]));
  const shape = batch === undefined ? [width] : [batch, width];
  return operands.map((operand) =>
    typeof operand === 'number' || isSameShape(operand.shape, shape) ? operand : add(operand, zeros(shape)),
  );
}

/**
 * An operation with the plan's gradient instead of TensorFlow.js's. Only operands that are tensors get a cotangent.
 * @param value computes the result.
 * @param gradient returns, for each operand, a function that computes its cotangent.
 */
const withGradient =
  (
    value: (operands: readonly Value[]) => Tensor,
    gradient: (cotangent: Tensor, operands: readonly Value[]) => readonly (() => Tensor)[],
  ) =>
  (...values: Value[]): Value => {
    const operands = broadcastRows(values);
    const isTensor = operands.map((operand) => typeof operand !== 'number');
    const tensors = operands.filter((operand) => typeof operand !== 'number');
    return customGrad((...inputs) => {
      const save = inputs.pop() as unknown as GradSaveFunc;
      save(inputs as Tensor[]);
      return {
        value: value(operands),
        gradFunc: (cotangent: Tensor, saved: Tensor[]) => {
          const remaining = [...saved];
          const all = operands.map((operand, i) => (isTensor[i] ? (remaining.shift() as Tensor) : operand));
          return gradient(cotangent, all)
            .filter((_, i) => isTensor[i])
            .map((compute) => compute());
        },
      };
    })(...tensors);
  };

/**
 * `max` or `min`. TensorFlow.js gives the cotangent of equal operands to both. The plan gives it to the second operand of
 * `max`, so that relu's derivative at 0 is 0, and to the first of `min`.
 */
const extreme = (
  value: (a: Value, b: Value) => Tensor,
  larger: 'first' | 'second',
): ((...operands: Value[]) => Value) =>
  withGradient(
    ([a, b]) => value(a, b),
    (cotangent, [a, b]) => {
      const toLarger = () => mul(cotangent, cast(greater(a, b), 'float32'));
      const toOther = () => mul(cotangent, sub(1, cast(greater(a, b), 'float32')));
      return larger === 'first' ? [toLarger, toOther] : [toOther, toLarger];
    },
  );

/** A comparison, whose gradient is 0 in the plan; TensorFlow.js has none. */
const comparison = (compare: (a: Value, b: Value) => Tensor) =>
  withGradient(
    ([a, b]) => cast(compare(a, b), 'float32'),
    (cotangent) => [() => zerosLike(cotangent), () => zerosLike(cotangent)],
  );

const isGreater = comparison(greater);
const isGreaterEqual = comparison(greaterEqual);
const max = extreme(maximum, 'first');
const min = extreme(minimum, 'second');

/** A choice by a condition. TensorFlow.js's gradient multiplies by 0, which turns an infinite cotangent into NaN. */
const select = withGradient(
  ([condition, a, b]) => where(notEqual(condition, 0), a as Tensor, b as Tensor),
  (cotangent, [condition]) => [
    () => zerosLike(cotangent),
    () => where(notEqual(condition, 0), cotangent, 0),
    () => where(notEqual(condition, 0), 0, cotangent),
  ],
);

export const fallbackOperations: Readonly<Record<OperationName, (a: Value, b: Value, c: Value) => Value>> = {
  identity: (a) => a,
  add: (a, b) => add(a, b),
  sub: (a, b) => sub(a, b),
  mul: (a, b) => mul(a, b),
  div: (a, b) => div(a, b),
  neg: (a) => neg(a),
  oneMinus: (a) => sub(1, a),
  max: (a, b) => max(a, b),
  min: (a, b) => min(a, b),
  greater: (a, b) => isGreater(a, b),
  greaterEqual: (a, b) => isGreaterEqual(a, b),
  select: (a, b, c) => select(a, b, c),
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
