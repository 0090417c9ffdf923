import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** A shape with null for a size that is known only when the layer is called. */
export type Shape = (number | null)[];

/** What every TensorFlow.js layer takes. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** States of a cell, in its order; null stands for zeros. */
export type States<State extends Tensor | SymbolicTensor = Tensor> = State | readonly (State | null)[];

/** What a layer may be called with besides its inputs. */
export interface CallArgs {
  /** `[batch, timesteps]`; false (or 0) marks a padded step. */
  mask?: Tensor | Tensor[] | null;
  /** How many steps each sequence of a recurrent layer has, in place of a mask: an array of `batch` whole numbers. */
  lengths?: ArrayLike<number> | null;
  /** Whether dropout acts. */
  training?: boolean | null;
  /** One tensor `[batch, units]` for each state of the cell. */
  initialState?: States | States<SymbolicTensor> | null;
}

/** What a layer is applied to. */
export type LayerInputs = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];

/** What a layer makes of inputs of one type: a list where it has several outputs. */
export type Outputs<T, Several extends boolean> = Several extends true ? T[] : T;

/** A layer with one output: it makes a tensor of tensors, a symbolic tensor of symbolic ones. */
export interface OneOutput {
  apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Tensor;
  apply(inputs: SymbolicTensor | SymbolicTensor[], kwargs?: CallArgs): SymbolicTensor;
}
