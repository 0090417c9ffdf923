import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** A shape with null for a size that is known only when the layer is called. */
export type Shape = (number | null)[];

/** What every TensorFlow.js layer takes. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** What a layer may be called with besides its inputs. */
export interface CallArgs {
  /** `[batch, timesteps]`; false (or 0) marks a padded step. */
  mask?: Tensor | Tensor[] | null;
  /** Whether dropout acts. */
  training?: boolean;
  /** One tensor `[batch, units]` for each state of the cell. */
  initialState?: Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[] | null;
}

/** What a layer is applied to. */
export type LayerInputs = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];
