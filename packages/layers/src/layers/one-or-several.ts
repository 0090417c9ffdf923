/** TensorFlow.js passes one tensor, shape or mask by itself and several as a list. */
import type { Shape } from './layer-inputs.js';

/** The one value, or the first of several. */
export function first<T>(values: T | readonly T[]): T {
  return Array.isArray(values) ? values[0] : (values as T);
}

/** The values as a list. */
export function listed<T>(values: T | readonly T[]): T[] {
  return Array.isArray(values) ? [...values] : [values as T];
}

/** The shapes of a layer's inputs, of which it is given one or several. */
export function shapesOf(inputShape: Shape | Shape[]): Shape[] {
  return (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[];
}
