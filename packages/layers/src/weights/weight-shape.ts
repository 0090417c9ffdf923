import type { Cell, ParameterShape } from '@sluice/core';
import { isSameShape, shown } from '../operation/operands.js';

/**
 * Checks the shape of a weight that a layer is given. TensorFlow.js's own errors name no layer when a model is given
 * weights, and never the option that explains them.
 *
 * @throws RangeError naming the layer, the weight and, for a GRU's bias, `resetAfter`.
 */
export function checkWeightShape(
  layer: string,
  cell: Cell,
  parameter: ParameterShape,
  given: readonly number[],
): void {
  const { name, shape } = parameter;
  if (isSameShape(given, shape)) return;
  throw new RangeError(
    `${layer}: the weight ${name} must have the shape ${shown(shape)}, but was given ${shown(given)}` +
      `${resetAfterAdvice(cell, parameter, given)}.`,
  );
}

/** A reset-after GRU has two biases in rows, another GRU has one. */
function resetAfterAdvice(
  { options }: Cell,
  { role, shape }: ParameterShape,
  given: readonly number[],
): string {
  const resetAfter = options.resetAfter === true;
  const other = resetAfter ? shape.slice(1) : [2, ...shape];
  if (options.resetAfter === undefined || role !== 'bias' || !isSameShape(given, other)) return '';
  const whose = resetAfter ? ', as tf.layers.gru is one' : '';
  return `, that of a GRU with resetAfter: ${!resetAfter}${whose}; make it with gru({ resetAfter: ${!resetAfter} })`;
}
