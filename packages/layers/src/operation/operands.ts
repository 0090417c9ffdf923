/** The operands of one run of the operation: their types, and their checks against the plan. */
import type { Plan } from '@sluice/core';
import { checkLengths } from '@sluice/core/backend';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { formatShape, isSameShape } from '../checks.js';

export interface RecurrentOptions {
  /** The cell's units; needed only when the parameters' shapes fit several numbers of units. */
  units?: number | undefined;
  /** `[batch, width of the state]` for each state of the cell; most states have `units` numbers. Default: zeros. */
  initialStates?: readonly Tensor[] | undefined;
  /** `[batch, timesteps]`, any type; 0 or false marks a padded step, at which every state is carried over. */
  mask?: Tensor | undefined;
  /** In place of a mask: the number of steps of each sequence, counted from its start. An array of `batch` whole numbers. */
  lengths?: ArrayLike<number> | undefined;
  /**
   * The output at a padded step: that of the step before (`repeat`, as in Keras; the default) or zeros. Before the first
   * step that is not padded, `repeat` gives the initial state if the output is a state, else zeros (SRU).
   */
  maskedOutput?: 'repeat' | 'zero' | undefined;
  /** Whether time runs from the last step to the first; outputs keep their inputs' positions. Default false. */
  reverse?: boolean | undefined;
  /** Whether x and the sequence are `[timesteps, batch, …]`; a mask is always `[batch, timesteps]`. Default false. */
  timeMajor?: boolean | undefined;
  /** `[batch, rows of the block]` for each block of each recurrent kernel: dropout of the values that the block multiplies. */
  recurrentMasks?: readonly Tensor[] | undefined;
}

/** The names of `RecurrentOptions`; the compiler checks that they are complete. */
export const RECURRENT_OPTIONS = Object.keys({
  units: true,
  initialStates: true,
  mask: true,
  lengths: true,
  maskedOutput: true,
  reverse: true,
  timeMajor: true,
  recurrentMasks: true,
} satisfies Record<keyof RecurrentOptions, true>);

export type RecurrentResult = {
  /** The outputs `[batch, timesteps, width]`, or `[timesteps, batch, width]` with `timeMajor`; the width is most often `units`. */
  sequence: Tensor3D;
  /** Each state after the last step, `[batch, width of the state]`. */
  states: Tensor2D[];
};

/** The options of a run whose plan knows the units. */
export type RunOptions = Omit<RecurrentOptions, 'units'>;

/** All operands of one run, checked. */
export interface RecurrentRun {
  plan: Plan;
  x: Tensor;
  parameters: readonly Tensor[];
  /** Zeros when undefined. */
  initialStates: readonly Tensor[] | undefined;
  /** float32, `[batch, timesteps]`. */
  mask: Tensor | undefined;
  recurrentMasks: readonly Tensor[];
  maskedOutput: 'repeat' | 'zero';
  reverse: boolean;
  timeMajor: boolean;
}

/**
 * Checks all operands of a run against the plan.
 * @throws TypeError, RangeError naming the tensor that does not fit, its shape or type and the expected one.
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
        `parameters are for, but has ${formatShape(x.shape)}.`,
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
  if (initialStates) {
    const shapes = plan.stateWidths.map((width) => [batch, width]);
    checkTensors(cell, 'initial state', initialStates, plan.states, shapes);
  }
  if (mask) checkShape(cell, 'mask', mask, [batch, timesteps]);
  if (lengths) checkLengths(cell, lengths, { batch, timesteps, mask });
  if (recurrentMasks) {
    const blocks = plan.recurrentMasks.map(({ block }) => block);
    const shapes = plan.recurrentMasks.map(({ width }) => [batch, width]);
    checkTensors(cell, 'recurrent mask', recurrentMasks, blocks, shapes);
  }
}

/** The number of sequences in x, and the number of steps. */
export function batchAndSteps({ shape }: Tensor, timeMajor = false): readonly [number, number] {
  const [rows, columns] = shape as number[];
  return timeMajor ? [columns, rows] : [rows, columns];
}

/** @throws TypeError, RangeError when x is not a batch of sequences. */
export function checkSequence(cell: string, x: Tensor, timeMajor = false): void {
  checkFloat(cell, 'x', x);
  const [, timesteps] = batchAndSteps(x, timeMajor);
  if (x.rank === 3 && timesteps > 0 && (x.shape[2] as number) > 0) return;
  const order = timeMajor ? 'timesteps, batch' : 'batch, timesteps';
  throw new RangeError(
    `Cell '${cell}': x must have the shape [${order}, inputSize], with at least one step and one feature, ` +
      `but has ${formatShape(x.shape)}.`,
  );
}

function checkTensors(
  cell: string,
  kind: string,
  tensors: readonly Tensor[],
  names: readonly string[],
  shapes: readonly (readonly number[])[],
): void {
  if (tensors.length !== names.length) {
    throw new RangeError(
      `Cell '${cell}' takes ${names.length} ${kind}s (${names.join(', ')}), but was given ${tensors.length}.`,
    );
  }
  tensors.forEach((tensor, i) => {
    checkFloat(cell, `${kind} ${names[i]}`, tensor);
    checkShape(cell, `${kind} ${names[i]}`, tensor, shapes[i]);
  });
}

/** @throws TypeError when the tensor is not float32. */
export function checkFloat(cell: string, operand: string, tensor: Tensor): void {
  if (tensor.dtype === 'float32') return;
  throw new TypeError(
    `Cell '${cell}': ${operand} must be float32, but is ${tensor.dtype}; convert it with tf.cast.`,
  );
}

function checkShape(cell: string, operand: string, tensor: Tensor, shape: readonly number[]): void {
  if (isSameShape(tensor.shape, shape)) return;
  throw new RangeError(
    `Cell '${cell}': ${operand} must have the shape ${formatShape(shape)}, but has ${formatShape(tensor.shape)}.`,
  );
}
