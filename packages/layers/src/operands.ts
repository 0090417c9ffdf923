import type { Cell, Plan } from '@sluice/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RecurrentOptions } from './recurrent.js';

const shown = (shape: readonly number[]) => `[${shape.join(', ')}]`;

/**
 * The number of units with which the cell's parameters have the shapes of the given ones.
 * @throws TypeError, RangeError when x is not a batch of sequences or no number of units fits.
 */
export function unitsOf(cell: Cell, x: Tensor, parameters: readonly Tensor[]): number {
  checkTensor(cell.name, 'x', x);
  if (x.rank !== 3 || x.size === 0) {
    throw new RangeError(
      `Cell '${cell.name}': x must have the shape [batch, timesteps, inputSize] without zeros, but has ${shown(x.shape)}.`,
    );
  }
  parameters.forEach((parameter, i) => {
    checkTensor(cell.name, `parameter ${i}`, parameter);
  });
  const [, , inputSize] = x.shape as number[];
  const fits = (units: number) => {
    const expected = cell.parameters({ inputSize, units });
    return (
      expected.length === parameters.length &&
      expected.every(({ shape }, i) => shown(shape) === shown(parameters[i].shape))
    );
  };
  // Every parameter is a whole number of blocks wide, so the units divide its width.
  const width = parameters.length === 0 ? 0 : parameters[0].shape[parameters[0].rank - 1];
  for (let blocks = 1; blocks <= width; blocks++) {
    if (width % blocks === 0 && fits(width / blocks)) return width / blocks;
  }
  const given = parameters.map(({ shape }) => shown(shape)).join(', ') || 'none';
  const example = cell
    .parameters({ inputSize, units: 16 })
    .map(({ name, shape }) => `${name} ${shown(shape)}`);
  throw new RangeError(
    `Cell '${cell.name}': parameters of shapes ${given} fit no number of units with x ${shown(x.shape)}. ` +
      `With 16 units they would be ${example.join(', ')}.`,
  );
}

/**
 * Checks initial states and masks against the plan.
 * @throws TypeError, RangeError naming the tensor that does not fit, what it is and what was expected.
 */
export function checkOperands(plan: Plan, x: Tensor, options: RecurrentOptions): void {
  const { initialStates, mask, recurrentMasks } = options;
  const [batch, timesteps] = x.shape;
  const cell = plan.cell.name;
  if (initialStates) checkAll(cell, 'initial state', initialStates, plan.states, [batch, plan.units]);
  if (mask) checkShape(cell, 'mask', mask, [batch, timesteps]);
  if (recurrentMasks) {
    const blocks = plan.recurrentMasks.map(({ block }) => block);
    checkAll(cell, 'recurrent mask', recurrentMasks, blocks, [batch, plan.units]);
  }
}

function checkAll(
  cell: string,
  what: string,
  tensors: readonly Tensor[],
  names: readonly string[],
  shape: readonly number[],
): void {
  if (tensors.length !== names.length) {
    throw new RangeError(
      `Cell '${cell}' takes ${names.length} ${what}s (${names.join(', ')}), but was given ${tensors.length}.`,
    );
  }
  tensors.forEach((tensor, i) => {
    checkTensor(cell, `${what} ${names[i]}`, tensor);
    checkShape(cell, `${what} ${names[i]}`, tensor, shape);
  });
}

function checkTensor(cell: string, what: string, tensor: Tensor): void {
  if (tensor.dtype === 'float32') return;
  throw new TypeError(
    `Cell '${cell}': ${what} must be float32, but is ${tensor.dtype}; convert it with tf.cast.`,
  );
}

function checkShape(cell: string, what: string, tensor: Tensor, shape: readonly number[]): void {
  if (shown(tensor.shape) === shown(shape)) return;
  throw new RangeError(
    `Cell '${cell}': ${what} must have the shape ${shown(shape)}, but has ${shown(tensor.shape)}.`,
  );
}
