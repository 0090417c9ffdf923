/** Arrays that differ from another one only in the order, choice or repetition of its elements. */
import type { StoredType, Values } from '../data/tensor.js';
import { emptyValues } from './tensors.js';

/** An array in the evaluation of constants. */
export interface Constant {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly values: Values;
}

/** Reserves memory for a number of elements. @throws when a file asks for more than it can need. */
export type Reserve = (elements: number) => void;

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** How far apart in memory neighbours along each axis are, in row-major order. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** The array of the given shape whose element at an index lies at `offset + Σ index · stride` of the source. */
export function takeStrided(
  { type, values }: Constant,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  reserve: Reserve,
): Constant {
  const count = sizeOf(shape);
  reserve(count);
  const taken = emptyValues(type, count);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < count; to++) {
    taken[to] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { type, shape, values: taken };
}

/** The shape that two arrays have together, as in NumPy; undefined when they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [m, n] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/** The array repeated along axes of length 1 so that it has the shape, with which it must fit. */
export function expandTo(source: Constant, shape: readonly number[], reserve: Reserve): Constant {
  const same = source.shape.length === shape.length && source.shape.every((size, i) => size === shape[i]);
  if (same) return source;
  const missing = shape.length - source.shape.length;
  const own = stridesOf(source.shape);
  const strides = shape.map((_, axis) => (source.shape[axis - missing] > 1 ? own[axis - missing] : 0));
  return takeStrided(source, shape, strides, 0, reserve);
}

/** Arrays one after the other along an axis. All must have the same shape besides it. */
export function concatenate(parts: readonly Constant[], axis: number, reserve: Reserve): Constant {
  const [{ type, shape: first }] = parts;
  const shape = first.with(
    axis,
    parts.reduce((sum, part) => sum + part.shape[axis], 0),
  );
  const count = sizeOf(shape);
  reserve(count);
  const values = emptyValues(type, count);
  const inner = sizeOf(first.slice(axis + 1));
  const outer = sizeOf(first.slice(0, axis));
  let start = 0;
  for (const part of parts) {
    const width = part.shape[axis] * inner;
    for (let row = 0; row < outer; row++) {
      const at = row * shape[axis] * inner + start;
      values.set(part.values.subarray(row * width, (row + 1) * width) as never, at);
    }
    start += width;
  }
  return { type, shape, values };
}
