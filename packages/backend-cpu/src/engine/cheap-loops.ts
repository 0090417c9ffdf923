/**
 * The loops of cheap operations, over a row of float32 numbers, eight numbers at a time.
 *
 * Ladder (nanoseconds for a number of `mul`, one core of a Zen 5, Node 20):
 *   1  one loop over scalar closures                 20    V8 does not inline the call once several closures share the loop
 *   2  a loop for each operation                     1.9   each turn finds the arrays' addresses and lengths again
 *   3  eight numbers in each turn (this file)        1.0
 * They run on tiles of about a thousand numbers, which stay in the first-level cache (`program.ts`), and frequent groups
 * of operations are one loop (`fused-loops.ts`), which halves their number. Code generated at run time would be faster
 * still, but a strict Content-Security-Policy forbids it.
 */

/**
 * `out = operation(a, b, c)` for `length` numbers. An index gives the first number of each array. Operations with fewer
 * operands ignore the others.
 */
export type Loop = (
  out: Float32Array,
  start: number,
  a: Float32Array,
  iStart: number,
  b: Float32Array,
  jStart: number,
  c: Float32Array,
  kStart: number,
  length: number,
) => void;

export const add: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = a[i] + b[j];
    out[o + 1] = a[i + 1] + b[j + 1];
    out[o + 2] = a[i + 2] + b[j + 2];
    out[o + 3] = a[i + 3] + b[j + 3];
    out[o + 4] = a[i + 4] + b[j + 4];
    out[o + 5] = a[i + 5] + b[j + 5];
    out[o + 6] = a[i + 6] + b[j + 6];
    out[o + 7] = a[i + 7] + b[j + 7];
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = a[i] + b[j];
};

export const sub: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = a[i] - b[j];
    out[o + 1] = a[i + 1] - b[j + 1];
    out[o + 2] = a[i + 2] - b[j + 2];
    out[o + 3] = a[i + 3] - b[j + 3];
    out[o + 4] = a[i + 4] - b[j + 4];
    out[o + 5] = a[i + 5] - b[j + 5];
    out[o + 6] = a[i + 6] - b[j + 6];
    out[o + 7] = a[i + 7] - b[j + 7];
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = a[i] - b[j];
};

export const mul: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = a[i] * b[j];
    out[o + 1] = a[i + 1] * b[j + 1];
    out[o + 2] = a[i + 2] * b[j + 2];
    out[o + 3] = a[i + 3] * b[j + 3];
    out[o + 4] = a[i + 4] * b[j + 4];
    out[o + 5] = a[i + 5] * b[j + 5];
    out[o + 6] = a[i + 6] * b[j + 6];
    out[o + 7] = a[i + 7] * b[j + 7];
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = a[i] * b[j];
};

export const div: Loop = (out, start, a, iStart, b, jStart, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  let j = jStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = a[i] / b[j];
    out[o + 1] = a[i + 1] / b[j + 1];
    out[o + 2] = a[i + 2] / b[j + 2];
    out[o + 3] = a[i + 3] / b[j + 3];
    out[o + 4] = a[i + 4] / b[j + 4];
    out[o + 5] = a[i + 5] / b[j + 5];
    out[o + 6] = a[i + 6] / b[j + 6];
    out[o + 7] = a[i + 7] / b[j + 7];
    i += 8;
    j += 8;
  }
  for (; o < end; o++, i++, j++) out[o] = a[i] / b[j];
};

export const neg: Loop = (out, start, a, iStart, _b, _j, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = -a[i];
    out[o + 1] = -a[i + 1];
    out[o + 2] = -a[i + 2];
    out[o + 3] = -a[i + 3];
    out[o + 4] = -a[i + 4];
    out[o + 5] = -a[i + 5];
    out[o + 6] = -a[i + 6];
    out[o + 7] = -a[i + 7];
    i += 8;
  }
  for (; o < end; o++, i++) out[o] = -a[i];
};

export const sqrt: Loop = (out, start, a, iStart, _b, _j, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = Math.sqrt(a[i]);
    out[o + 1] = Math.sqrt(a[i + 1]);
    out[o + 2] = Math.sqrt(a[i + 2]);
    out[o + 3] = Math.sqrt(a[i + 3]);
    out[o + 4] = Math.sqrt(a[i + 4]);
    out[o + 5] = Math.sqrt(a[i + 5]);
    out[o + 6] = Math.sqrt(a[i + 6]);
    out[o + 7] = Math.sqrt(a[i + 7]);
    i += 8;
  }
  for (; o < end; o++, i++) out[o] = Math.sqrt(a[i]);
};

export const oneMinus: Loop = (out, start, a, iStart, _b, _j, _c, _k, length) => {
  const end = start + length;
  let o = start;
  let i = iStart;
  for (; o + 8 <= end; o += 8) {
    out[o] = 1 - a[i];
    out[o + 1] = 1 - a[i + 1];
    out[o + 2] = 1 - a[i + 2];
    out[o + 3] = 1 - a[i + 3];
    out[o + 4] = 1 - a[i + 4];
    out[o + 5] = 1 - a[i + 5];
    out[o + 6] = 1 - a[i + 6];
    out[o + 7] = 1 - a[i + 7];
    i += 8;
  }
  for (; o < end; o++, i++) out[o] = 1 - a[i];
};
