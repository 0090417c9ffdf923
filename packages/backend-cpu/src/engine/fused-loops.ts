import type { OperationName } from '@sluice/core/backend';
import type { Loop } from './cheap-loops.js';

/** A tree of operations over operands `a`, `b`, `c`; the same letter is the same value. */
export type Pattern = 'a' | 'b' | 'c' | readonly [OperationName, ...Pattern[]];

/** A group of cheap operations with a loop of its own. */
export interface Fusion {
  readonly pattern: Pattern;
  readonly loop: Loop;
}

/**
 * Inner results are rounded as if they were stored. So a value has the same bits in every program, whichever values the
 * program stores, and when the gradient computes it again.
 */
const { fround } = Math;

/** a b + (1 − a) c: a gate between two rows. */
const mix: Loop = (out, start, a, iStart, b, jStart, c, kStart, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  let k = kStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = fround(a[i] * b[j]) + fround(fround(1 - a[i]) * c[k]);
    out[o + 1] = fround(a[i + 1] * b[j + 1]) + fround(fround(1 - a[i + 1]) * c[k + 1]);
    out[o + 2] = fround(a[i + 2] * b[j + 2]) + fround(fround(1 - a[i + 2]) * c[k + 2]);
    out[o + 3] = fround(a[i + 3] * b[j + 3]) + fround(fround(1 - a[i + 3]) * c[k + 3]);
    out[o + 4] = fround(a[i + 4] * b[j + 4]) + fround(fround(1 - a[i + 4]) * c[k + 4]);
    out[o + 5] = fround(a[i + 5] * b[j + 5]) + fround(fround(1 - a[i + 5]) * c[k + 5]);
    out[o + 6] = fround(a[i + 6] * b[j + 6]) + fround(fround(1 - a[i + 6]) * c[k + 6]);
    out[o + 7] = fround(a[i + 7] * b[j + 7]) + fround(fround(1 - a[i + 7]) * c[k + 7]);
    i += 8;
    j += 8;
    k += 8;
  }
  for (; o < end; o++, i++, j++, k++) out[o] = fround(a[i] * b[j]) + fround(fround(1 - a[i]) * c[k]);
};

/** b a (1 − a): the cotangent b through a sigmoid with the result a. */
const sigmoidSlope: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = b[j] * fround(a[i] * fround(1 - a[i]));
    out[o + 1] = b[j + 1] * fround(a[i + 1] * fround(1 - a[i + 1]));
    out[o + 2] = b[j + 2] * fround(a[i + 2] * fround(1 - a[i + 2]));
    out[o + 3] = b[j + 3] * fround(a[i + 3] * fround(1 - a[i + 3]));
    out[o + 4] = b[j + 4] * fround(a[i + 4] * fround(1 - a[i + 4]));
    out[o + 5] = b[j + 5] * fround(a[i + 5] * fround(1 - a[i + 5]));
    out[o + 6] = b[j + 6] * fround(a[i + 6] * fround(1 - a[i + 6]));
    out[o + 7] = b[j + 7] * fround(a[i + 7] * fround(1 - a[i + 7]));
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = b[j] * fround(a[i] * fround(1 - a[i]));
};

/** b (1 − a²): the cotangent b through a tanh with the result a. */
const tanhSlope: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = b[j] * fround(1 - fround(a[i] * a[i]));
    out[o + 1] = b[j + 1] * fround(1 - fround(a[i + 1] * a[i + 1]));
    out[o + 2] = b[j + 2] * fround(1 - fround(a[i + 2] * a[i + 2]));
    out[o + 3] = b[j + 3] * fround(1 - fround(a[i + 3] * a[i + 3]));
    out[o + 4] = b[j + 4] * fround(1 - fround(a[i + 4] * a[i + 4]));
    out[o + 5] = b[j + 5] * fround(1 - fround(a[i + 5] * a[i + 5]));
    out[o + 6] = b[j + 6] * fround(1 - fround(a[i + 6] * a[i + 6]));
    out[o + 7] = b[j + 7] * fround(1 - fround(a[i + 7] * a[i + 7]));
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = b[j] * fround(1 - fround(a[i] * a[i]));
};

/** a b + c. */
const multiplyAdd: Loop = (out, start, a, iStart, b, jStart, c, kStart, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  let k = kStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = fround(a[i] * b[j]) + c[k];
    out[o + 1] = fround(a[i + 1] * b[j + 1]) + c[k + 1];
    out[o + 2] = fround(a[i + 2] * b[j + 2]) + c[k + 2];
    out[o + 3] = fround(a[i + 3] * b[j + 3]) + c[k + 3];
    out[o + 4] = fround(a[i + 4] * b[j + 4]) + c[k + 4];
    out[o + 5] = fround(a[i + 5] * b[j + 5]) + c[k + 5];
    out[o + 6] = fround(a[i + 6] * b[j + 6]) + c[k + 6];
    out[o + 7] = fround(a[i + 7] * b[j + 7]) + c[k + 7];
    i += 8;
    j += 8;
    k += 8;
  }
  for (; o < end; o++, i++, j++, k++) out[o] = fround(a[i] * b[j]) + c[k];
};

/** (1 − a) b. */
const multiplyComplement: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = fround(1 - a[i]) * b[j];
    out[o + 1] = fround(1 - a[i + 1]) * b[j + 1];
    out[o + 2] = fround(1 - a[i + 2]) * b[j + 2];
    out[o + 3] = fround(1 - a[i + 3]) * b[j + 3];
    out[o + 4] = fround(1 - a[i + 4]) * b[j + 4];
    out[o + 5] = fround(1 - a[i + 5]) * b[j + 5];
    out[o + 6] = fround(1 - a[i + 6]) * b[j + 6];
    out[o + 7] = fround(1 - a[i + 7]) * b[j + 7];
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = fround(1 - a[i]) * b[j];
};

/** a + b + c. */
const sum: Loop = (out, start, a, iStart, b, jStart, c, kStart, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  let k = kStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = fround(a[i] + b[j]) + c[k];
    out[o + 1] = fround(a[i + 1] + b[j + 1]) + c[k + 1];
    out[o + 2] = fround(a[i + 2] + b[j + 2]) + c[k + 2];
    out[o + 3] = fround(a[i + 3] + b[j + 3]) + c[k + 3];
    out[o + 4] = fround(a[i + 4] + b[j + 4]) + c[k + 4];
    out[o + 5] = fround(a[i + 5] + b[j + 5]) + c[k + 5];
    out[o + 6] = fround(a[i + 6] + b[j + 6]) + c[k + 6];
    out[o + 7] = fround(a[i + 7] + b[j + 7]) + c[k + 7];
    i += 8;
    j += 8;
    k += 8;
  }
  for (; o < end; o++, i++, j++, k++) out[o] = fround(a[i] + b[j]) + c[k];
};

/** a b c. */
const product: Loop = (out, start, a, iStart, b, jStart, c, kStart, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  let k = kStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = fround(a[i] * b[j]) * c[k];
    out[o + 1] = fround(a[i + 1] * b[j + 1]) * c[k + 1];
    out[o + 2] = fround(a[i + 2] * b[j + 2]) * c[k + 2];
    out[o + 3] = fround(a[i + 3] * b[j + 3]) * c[k + 3];
    out[o + 4] = fround(a[i + 4] * b[j + 4]) * c[k + 4];
    out[o + 5] = fround(a[i + 5] * b[j + 5]) * c[k + 5];
    out[o + 6] = fround(a[i + 6] * b[j + 6]) * c[k + 6];
    out[o + 7] = fround(a[i + 7] * b[j + 7]) * c[k + 7];
    i += 8;
    j += 8;
    k += 8;
  }
  for (; o < end; o++, i++, j++, k++) out[o] = fround(a[i] * b[j]) * c[k];
};

/** The frequent groups, the largest first. */
export const fusions: readonly Fusion[] = [
  { pattern: ['add', ['mul', 'a', 'b'], ['mul', ['oneMinus', 'a'], 'c']], loop: mix },
  { pattern: ['mul', 'b', ['mul', 'a', ['oneMinus', 'a']]], loop: sigmoidSlope },
  { pattern: ['mul', 'b', ['oneMinus', ['mul', 'a', 'a']]], loop: tanhSlope },
  { pattern: ['add', ['mul', 'a', 'b'], 'c'], loop: multiplyAdd },
  { pattern: ['mul', ['oneMinus', 'a'], 'b'], loop: multiplyComplement },
  { pattern: ['add', ['add', 'a', 'b'], 'c'], loop: sum },
  { pattern: ['mul', ['mul', 'a', 'b'], 'c'], loop: product },
];
