import { pad, serialization, type Tensor, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { firstOf, type LayerArgs, type Shape, toShapes } from './layer-inputs.js';

/** The options of Keras's `ZeroPadding1D`. */
interface ZeroPaddingArgs extends LayerArgs {
  /** The steps before and after the sequence; one number for both. */
  padding: number | readonly [number, number];
}

/** Keras's `ZeroPadding1D`, which TensorFlow.js lacks: zeros before and after a sequence `[batch, timesteps, features]`. */
export class ZeroPadding1D extends layers.Layer {
  static readonly className = 'SluiceZeroPadding1D';
  private readonly padding: readonly [number, number];

  constructor(args: ZeroPaddingArgs) {
    super(args);
    const [before, after] = typeof args.padding === 'number' ? [args.padding, args.padding] : args.padding;
    if (![before, after].every((steps) => Number.isSafeInteger(steps) && steps >= 0)) {
      throw new RangeError(
        `${this.name}: padding must be the numbers of steps before and after, such as [2, 0], but is ${JSON.stringify(args.padding)}.`,
      );
    }
    this.padding = [before, after];
    this.inputSpec = [{ ndim: 3 }];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [[batch, timesteps, features]] = toShapes(inputShape);
    return [batch, timesteps === null ? null : timesteps + this.padding[0] + this.padding[1], features];
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      return pad(firstOf(inputs) as Tensor3D, [[0, 0], [...this.padding], [0, 0]]);
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), padding: [...this.padding] };
  }
}
serialization.registerClass(ZeroPadding1D);
