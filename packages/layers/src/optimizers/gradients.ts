/** Gradients on their way to an optimizer: by name and in order, and scaled down to a limit. */
import {
  add,
  clipByValue,
  div,
  maximum,
  mul,
  type Optimizer,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** The argument of an optimizer: gradients by the names of their weights, or in the order of the weights. */
export type Gradients = Parameters<Optimizer['applyGradients']>[0];

export interface NamedGradient {
  readonly name: string;
  /** Null for a weight without a gradient: optimizers rely on the position. */
  readonly tensor: Tensor | null | undefined;
}

/** The gradients in the order of the weights. */
export function toNamedGradients(gradients: Gradients): readonly NamedGradient[] {
  if (Array.isArray(gradients)) return gradients;
  return Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
}

export interface ClipOptions {
  /** Each weight's gradient is scaled down to at most this Euclidean norm (Keras's `clipnorm`). */
  norm?: number;
  /** All gradients together are scaled down to at most this Euclidean norm (Keras's `global_clipnorm`). */
  globalNorm?: number;
  /** Each number of each gradient is limited to −value … value (Keras's `clipvalue`). */
  value?: number;
}

/** The names of `ClipOptions`; the compiler checks that they are complete. */
export const CLIP_OPTIONS = Object.keys({
  norm: true,
  globalNorm: true,
  value: true,
} satisfies Record<keyof ClipOptions, true>) as readonly (keyof ClipOptions)[];

/**
 * A function that clips each of the gradients. A norm is scaled by limit / max(norm, limit), which is 1 up to the limit
 * (Pascanu et al. 2013).
 * @throws Error when `globalNorm` is the limit and there is no gradient.
 */
export function createClip(
  { norm, globalNorm, value }: ClipOptions,
  gradients: readonly Tensor[],
): (gradient: Tensor) => Tensor {
  const scaleTo = (limit: number, squares: Tensor): Scalar => div(limit, maximum(sqrt(squares), limit));
  if (value !== undefined) return (gradient) => clipByValue(gradient, -value, value);
  if (norm !== undefined) return (gradient) => mul(gradient, scaleTo(norm, sum(square(gradient))));
  if (gradients.length === 0) throw new Error('clipGradients: there is no gradient to apply.');
  const squares = gradients.map((gradient) => sum(square(gradient)));
  const total = squares.reduce((partial, next) => add(partial, next));
  const scale = scaleTo(globalNorm as number, total);
  return (gradient) => mul(gradient, scale);
}
