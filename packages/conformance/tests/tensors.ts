import { expect } from 'vitest';
import type { Tensor } from '../fixtures/load.js';

export const values = (tensor: Tensor): Float64Array => Float64Array.from(tensor.data);

/** Part `index` of `count` equal parts along the first dimension. */
export function leadingPart(tensor: Tensor, index: number, count: number): Float64Array {
  const length = tensor.data.length / count;
  return values(tensor).slice(index * length, (index + 1) * length);
}

/** Part `index` of `count` equal parts along the last dimension, `width` wide. */
export function trailingPart(
  numbers: Float64Array,
  width: number,
  index: number,
  count: number,
): Float64Array {
  return numbers.filter((_, i) => Math.floor((i % (width * count)) / width) === index);
}

/** The inverse of `trailingPart`: rows of `width` from each array in turn. */
export function joined(parts: readonly Float64Array[], width: number): Float64Array {
  const result = new Float64Array(parts.length * parts[0].length);
  parts.forEach((part, index) => {
    for (let row = 0; row * width < part.length; row++) {
      result.set(part.subarray(row * width, (row + 1) * width), (row * parts.length + index) * width);
    }
  });
  return result;
}

/** `[first, second, width]` as `[second, first, width]`. */
export function swapped(numbers: Float64Array, first: number, second: number): Float64Array {
  const width = numbers.length / (first * second);
  const result = new Float64Array(numbers.length);
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) {
      const row = (i * second + j) * width;
      result.set(numbers.subarray(row, row + width), (j * first + i) * width);
    }
  }
  return result;
}

/** `[batch, timesteps, width]` with time reversed. */
export function reversedTime(numbers: Float64Array, batch: number, timesteps: number): Float64Array {
  const width = numbers.length / (batch * timesteps);
  const result = new Float64Array(numbers.length);
  for (let row = 0; row < batch * timesteps; row++) {
    const mirrored = row - (row % timesteps) + timesteps - 1 - (row % timesteps);
    result.set(numbers.subarray(row * width, (row + 1) * width), mirrored * width);
  }
  return result;
}

export const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i]);

/** Every number within `tolerance` of the library's, relative to max(1, |theirs|). */
export function expectClose(
  ours: Float64Array | undefined,
  theirs: Tensor | Float64Array,
  tolerance: number,
  what: string,
): void {
  const expected = theirs instanceof Float64Array ? theirs : values(theirs);
  expect(ours?.length, `${what}: count`).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs((ours as Float64Array)[i] - value) / Math.max(1, Math.abs(value));
    // Written so that NaN fails.
    if (!(error <= tolerance)) {
      expect.fail(
        `${what}[${i}] is ${ours?.[i]}, the library's is ${value}: off by ${error}, allowed ${tolerance}`,
      );
    }
  });
}
