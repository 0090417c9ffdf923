import type { Optimizer, Tensor } from '@tensorflow/tfjs-core';

/** What an optimizer is given: gradients by their weights' names, or in the order of the weights. */
export type Gradients = Parameters<Optimizer['applyGradients']>[0];

export interface NamedGradient {
  readonly name: string;
  /** An optimizer is told of a weight that has no gradient by a null; it counts on the position. */
  readonly tensor: Tensor | null | undefined;
}

/** The gradients in the order of the weights. */
export function namedGradients(gradients: Gradients): readonly NamedGradient[] {
  if (Array.isArray(gradients)) return gradients;
  return Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
}
