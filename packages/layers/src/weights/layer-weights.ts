/** The weights of layers: their start values block by block, the check of their shapes, and their constraints. */
import type { Cell, InitialValue, ParameterShape } from '@sluice/core';
import {
  broadcastTo,
  concat,
  fill,
  reshape,
  split,
  type Tensor,
  tensor1d,
  tidy,
  tile,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { constraints, initializers, LayerVariable, regularizers } from '@tensorflow/tfjs-layers';
import { formatShape, isSameShape } from '../checks.js';

// TensorFlow.js does not export these types.
export type Initializer = ReturnType<typeof initializers.ones>;
export type Regularizer = ReturnType<typeof regularizers.l2>;
export type Constraint = ReturnType<typeof constraints.nonNeg>;

/** An initializer for a parameter whose blocks named in `values` are filled with these, column by column. */
export function fillBlocks(
  initializer: Initializer,
  { form, blocks }: ParameterShape,
  values: Readonly<Record<string, InitialValue | undefined>>,
): Initializer {
  if (blocks.every((block) => values[block] === undefined)) return initializer;
  const apply = (shape: number[], dtype?: 'float32'): Tensor =>
    tidy(() => {
      const rows = form === 'matrix' ? shape[0] : 1;
      const initial = reshape(initializer.apply(shape, dtype), [rows, blocks.length, -1]);
      const parts = split(initial, blocks.length, 1).map((part, i) => {
        const value = values[blocks[i]];
        return value === undefined ? part : fillColumns(part.shape, value);
      });
      return reshape(concat(parts, 1), shape);
    });
  return { apply } as unknown as Initializer;
}

/** A tensor whose columns have one value, or values that repeat. */
function fillColumns(shape: number[], value: InitialValue): Tensor {
  if (typeof value === 'number') return fill(shape, value);
  const columns = shape[shape.length - 1];
  return broadcastTo(tile(tensor1d([...value]), [columns / value.length]), shape);
}

/**
 * Checks the shape of a weight that a layer is given. TensorFlow.js's own errors do not name the layer when a model sets
 * weights, and never name the option that explains the shape.
 *
 * @throws RangeError naming the layer, the weight and, for a GRU's bias, `resetAfter`.
 */
export function checkWeightShape(
  layer: string,
  cell: Cell,
  parameter: ParameterShape,
  actual: readonly number[],
): void {
  const { name, shape } = parameter;
  if (isSameShape(actual, shape)) return;
  throw new RangeError(
    `${layer}: the weight ${name} must have the shape ${formatShape(shape)}, but was given ${formatShape(actual)}` +
      `${adviseResetAfter(cell, parameter, actual)}.`,
  );
}

/** Advice for the bias of a GRU with the other `resetAfter`: a reset-after GRU has two rows of biases, another has one. */
function adviseResetAfter(
  { options }: Cell,
  { role, shape }: ParameterShape,
  actual: readonly number[],
): string {
  const resetAfter = options.resetAfter === true;
  const otherShape = resetAfter ? shape.slice(1) : [2, ...shape];
  if (options.resetAfter === undefined || role !== 'bias' || !isSameShape(actual, otherShape)) return '';
  const example = resetAfter ? ', such as tf.layers.gru' : '';
  return `, that of a GRU with resetAfter: ${!resetAfter}${example}; make it with gru({ resetAfter: ${!resetAfter} })`;
}

/**
 * Applies a constraint to a weight as Keras does: after every update by an optimizer, never when the weight is loaded.
 *
 * TensorFlow.js does the opposite. An optimizer assigns to the variable inside the weight and knows no constraint;
 * `setWeights` and `loadLayersModel` call the weight's `write`, which applies the weight's own constraint.
 */
export function constrainUpdates(weight: LayerVariable, constraint: Constraint): void {
  const variable = weight.read() as Variable;
  const { assign } = variable;
  const { write } = weight;
  let isLoading = false;
  variable.assign = (value) => {
    assign.call(variable, value);
    if (isLoading) return;
    tidy(() => {
      const constrained = constraint.apply(variable);
      if (constrained !== variable) assign.call(variable, constrained as typeof value);
    });
  };
  weight.write = (value) => {
    isLoading = true;
    try {
      return write.call(weight, value) as LayerVariable;
    } finally {
      isLoading = false;
    }
  };
}
