/** The state of a recurrent layer between calls: the states of its cell when it is stateful, and its dropout masks. */

import { deriveSeed, uniformStream } from '@sluice/core/random';
import { clone, dispose, keep, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { deriveStreamSeed, drawSeed } from '../weights/random.js';

/** The states that a stateful layer carries from one batch to the next. `tf.tidy` does not dispose them. */
export class StoredStates {
  /** `[batch, units]` each; null stands for zeros. */
  tensors: readonly Tensor[] | null = null;

  store(states: readonly Tensor[]): void {
    const kept = states.map((state) => keep(clone(state)));
    this.dispose();
    this.tensors = kept;
  }

  /**
   * The states for a batch of that size; undefined for zeros.
   * @throws RangeError when the stored states are for a batch of another size.
   */
  forBatch(batch: number, layer: string): readonly Tensor[] | undefined {
    if (this.tensors === null) return undefined;
    const [stored] = this.tensors[0].shape;
    if (stored === batch) return this.tensors;
    throw new RangeError(
      `${layer} is stateful and holds the states of a batch of ${stored}, but was given a batch of ${batch}; ` +
        'keep the batch size or call resetStates() first.',
    );
  }

  dispose(): void {
    dispose([...(this.tensors ?? [])]);
    this.tensors = null;
  }
}

/** Draws the dropout masks of one layer. Each is different; with a seed all are repeatable. */
export class DropoutMasks {
  /** The number of masks drawn so far. Set it to continue an interrupted training run. */
  drawn = 0;
  private readonly seed: number;

  constructor(seed: number | undefined) {
    this.seed = deriveStreamSeed(seed ?? drawSeed(), 'dropout');
  }

  /** A mask with a share `rate` of zeros; the rest is 1 / (1 − rate), which keeps the mean (Srivastava et al. 2014). */
  draw(shape: number[], rate: number): Tensor {
    const uniform = uniformStream(deriveSeed(this.seed, this.drawn));
    this.drawn += 1;
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, () => (uniform() < rate ? 0 : 1 / (1 - rate)));
    return tensor(values, shape, 'float32');
  }
}
