import { clone, dispose, keep, type Tensor } from '@tensorflow/tfjs-core';

/** The states a stateful layer carries from one batch to the next, out of reach of `tf.tidy`. */
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
   * @throws RangeError when they belong to a batch of another size.
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
