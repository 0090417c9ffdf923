/** The types of a layer's calls. TensorFlow.js passes one tensor, shape or mask by itself and several as a list. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** A shape; null for a size that is unknown until the layer is called. */
export type Shape = (number | null)[];

/** The arguments of every TensorFlow.js layer. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** The states of a cell, in its order; null stands for zeros. */
export type States<State extends Tensor | SymbolicTensor = Tensor> = State | readonly (State | null)[];

/** The arguments of a layer's call besides its inputs. */
export interface CallArgs {
  /** `[batch, timesteps]`; false (or 0) marks a padded step. */
  mask?: Tensor | Tensor[] | null;
  /** In place of a mask of a recurrent layer: the number of steps of each sequence, an array of `batch` whole numbers. */
  lengths?: ArrayLike<number> | null;
  /** Whether dropout is active. */
  training?: boolean | null;
  /** One tensor `[batch, units]` for each state of the cell. */
  initialState?: States | States<SymbolicTensor> | null;
}

/** The inputs that a layer can be applied to. */
export type LayerInputs = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];

/** The result of a layer: a list when it has several outputs. */
export type Outputs<T, Several extends boolean> = Several extends true ? T[] : T;

/** A layer with one output: a tensor for tensors, a symbolic tensor for symbolic ones. */
export interface OneOutput {
  apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Tensor;
  apply(inputs: SymbolicTensor | SymbolicTensor[], kwargs?: CallArgs): SymbolicTensor;
}

/** The value, or the first of a list. */
export function firstOf<T>(values: T | readonly T[]): T {
  return Array.isArray(values) ? values[0] : (values as T);
}

/** The value or values as a new list. */
export function toList<T>(values: T | readonly T[]): T[] {
  return Array.isArray(values) ? [...values] : [values as T];
}

/** The shapes of a layer's inputs as a list. */
export function toShapes(inputShape: Shape | Shape[]): Shape[] {
  return (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[];
}
