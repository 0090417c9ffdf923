import type { Plan } from '@sluice/core';
import { checkLengths } from '@sluice/core/backend';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RunOptions } from './recurrent-run.js';

/** A shape as messages show it. */
export const shown = (shape: readonly number[]) => `[${shape.join(', ')}]`;

export const isSameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/**
 * Checks everything a run is given against the plan.
 * @throws TypeError, RangeError naming the tensor that does not fit, what it is and what was expected.
 */
export function checkOperands(
  plan: Plan,
  x: Tensor,
  parameters: readonly Tensor[],
  { initialStates, mask, lengths, recurrentMasks, timeMajor }: RunOptions,
): void {
  const cell = plan.cell.name;
  checkSequence(cell, x, timeMajor);
  const [batch, timesteps] = batchAndSteps(x, timeMajor);
  const inputSize = x.shape[2];
  if (inputSize !== plan.inputSize) {
    throw new RangeError(
      `Cell '${cell}': x must have the shape [batch, timesteps, ${plan.inputSize}], the number of features that the ` +
        `parameters are for, but has ${shown(x.shape)}.`,
    );
  }
  if (parameters.length !== plan.parameters.length) {
    const names = plan.parameters.map(({ name }) => name).join(', ');
    throw new RangeError(
      `Cell '${cell}' takes ${plan.parameters.length} parameters (${names}), but was given ${parameters.length}.`,
    );
  }
  plan.parameters.forEach(({ name, shape }, i) => {
    checkFloat(cell, `parameter ${i} (${name})`, parameters[i]);
    checkShape(cell, `parameter ${i} (${name})`, parameters[i], shape);
  });
  if (initialStates) checkAll(cell, 'initial state', initialStates, plan.states, [batch, plan.units]);
  if (mask) checkShape(cell, 'mask', mask, [batch, timesteps]);
  if (lengths) checkLengths(cell, lengths, { batch, timesteps, mask });
  if (recurrentMasks) {
    const blocks = plan.recurrentMasks.map(({ block }) => block);
    checkAll(cell, 'recurrent mask', recurrentMasks, blocks, [batch, plan.units]);
  }
}

/** How many sequences x has, and how many steps. */
export function batchAndSteps({ shape }: Tensor, timeMajor = false): readonly [number, number] {
  const [first, second] = shape as number[];
  return timeMajor ? [second, first] : [first, second];
}

/** @throws TypeError, RangeError when x is not a batch of sequences. */
export function checkSequence(cell: string, x: Tensor, timeMajor = false): void {
  checkFloat(cell, 'x', x);
  const [, timesteps] = batchAndSteps(x, timeMajor);
  if (x.rank === 3 && timesteps > 0 && (x.shape[2] as number) > 0) return;
  throw new RangeError(
    `Cell '${cell}': x must have the shape [${timeMajor ? 'timesteps, batch' : 'batch, timesteps'}, inputSize], with at least one step and one feature, but has ${shown(x.shape)}.`,
  );
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
    checkFloat(cell, `${what} ${names[i]}`, tensor);
    checkShape(cell, `${what} ${names[i]}`, tensor, shape);
  });
}

/** @throws TypeError when the tensor is not float32. */
export function checkFloat(cell: string, what: string, tensor: Tensor): void {
  if (tensor.dtype === 'float32') return;
  throw new TypeError(
    `Cell '${cell}': ${what} must be float32, but is ${tensor.dtype}; convert it with tf.cast.`,
  );
}

function checkShape(cell: string, what: string, tensor: Tensor, shape: readonly number[]): void {
  if (isSameShape(tensor.shape, shape)) return;
  throw new RangeError(
    `Cell '${cell}': ${what} must have the shape ${shown(shape)}, but has ${shown(tensor.shape)}.`,
  );
}
