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
  zerosLike,
} from '@tensorflow/tfjs-core';

/** A row of every sequence of the batch, `[batch, units]` or `[units]`, or a number that stands for equal ones. */
export type Value = Tensor | number;

/** One operand for each of an operation's, the tensors among them of one shape. */
function sameShape(operands: readonly Value[]): readonly Value[] {
  const tensors = operands.filter((operand) => typeof operand !== 'number');
  const largest = tensors.find(({ rank }) => rank === 2);
  if (largest === undefined || tensors.every(({ rank }) => rank === 2)) return operands;
  const repeated = zerosLike(largest);
  return operands.map((operand) =>
    typeof operand === 'number' || operand.rank === 2 ? operand : add(operand, repeated),
  );
}

/**
 * An operation whose gradient is the plan's instead of TensorFlow.js's. Gradients go to the tensors among the operands.
 * @param value of the operands.
 * @param gradient from the cotangent and the operands to the cotangent of each operand, in a function of its own.
 */
const withGradient =
  (
    value: (operands: readonly Value[]) => Tensor,
    gradient: (cotangent: Tensor, operands: readonly Value[]) => readonly (() => Tensor)[],
  ) =>
  (...given: Value[]): Value => {
    const operands = sameShape(given);
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
 * `max` or `min`. Where the operands are equal, TensorFlow.js gives the cotangent to both; the plan to the second of `max`,
 * so that relu's derivative at 0 is 0, and to the first of `min`.
 */
const extreme = (
  value: (a: Value, b: Value) => Tensor,
  larger: 'first' | 'second',
): ((...operands: Value[]) => Value) =>
  withGradient(
    ([a, b]) => value(a, b),
    (cotangent, [a, b]) => {
      const ofLarger = () => mul(cotangent, cast(greater(a, b), 'float32'));
      const ofOther = () => mul(cotangent, sub(1, cast(greater(a, b), 'float32')));
      return larger === 'first' ? [ofLarger, ofOther] : [ofOther, ofLarger];
    },
  );

/** TensorFlow.js has no gradients of comparisons; the plan's are 0. */
const comparison = (compare: (a: Value, b: Value) => Tensor) =>
  withGradient(
    ([a, b]) => cast(compare(a, b), 'float32'),
    (cotangent) => [() => zerosLike(cotangent), () => zerosLike(cotangent)],
  );

const isGreater = comparison(greater);
const isGreaterEqual = comparison(greaterEqual);
const max = extreme(maximum, 'first');
const min = extreme(minimum, 'second');

/** TensorFlow.js's gradient multiplies by 0 and 1, which makes NaN of an infinite cotangent. */
const select = withGradient(
  ([condition, a, b]) => where(notEqual(condition, 0), a as Tensor, b as Tensor),
  (cotangent, [condition]) => [
    () => zerosLike(cotangent),
    () => where(notEqual(condition, 0), cotangent, 0),
    () => where(notEqual(condition, 0), 0, cotangent),
  ],
);

/** The plan's operations as TensorFlow.js operations, differentiable ones. */
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
