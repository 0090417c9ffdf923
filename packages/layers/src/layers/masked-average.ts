import {
  cast,
  div,
  expandDims,
  mean,
  serialization,
  sum,
  type Tensor,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { type CallArgs, firstOf, type Shape, toShapes } from './layer-inputs.js';
import { mayHaveMask, sequenceMask } from './masks.js';

/**
 * Keras's `GlobalAveragePooling1D`: the mean of the steps that are not padded, `[batch, timesteps, features]` to
 * `[batch, features]`. TensorFlow.js's layer of this name counts padded steps too.
 */
export class MaskedAverage extends layers.Layer {
  static readonly className = 'SluiceGlobalAveragePooling1D';

  constructor(args: ConstructorParameters<typeof layers.Layer>[0]) {
    super(args);
    this.inputSpec = [{ ndim: 3 }];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [[batch, , features]] = toShapes(inputShape);
    return [batch, features];
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = firstOf(inputs);
      const mask = mayHaveMask(this) ? sequenceMask(this.name, kwargs.mask) : undefined;
      if (mask === undefined) return mean(x, 1);
      const isStep = expandDims(cast(mask, 'bool'), 2);
      // A padded step may hold NaN, which a product with zero would keep.
      const kept = where(isStep, x, zerosLike(x));
      return div(sum(kept, 1), sum(cast(isStep, x.dtype), 1));
    });
  }
}
serialization.registerClass(MaskedAverage);
