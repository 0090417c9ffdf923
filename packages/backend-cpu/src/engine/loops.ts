/**
 * One loop for each operation, over rows of float32 numbers.
 *
 * Ladder (time of the pointwise part of a GRU forward step, 64 × 128, relative to version 1):
 *   1  a closure per operation, called per element: the call is not inlined once several closures share its loop
 *   2  one loop per operation over all rows at once: values travel through the second-level cache
 *   3  the same on tiles of about a thousand elements that stay in the first-level cache (`program.ts`)
 * Code generated at run time would be faster still, but a strict Content-Security-Policy forbids it.
 */

import { type OperationName, operations } from '@sluice/core';
import { expMinusOne } from './exponential.js';

/**
 * `out = operation(a, b)` over `rows` rows of `length` numbers. Each array comes with its first element and the
 * distance between rows; unary operations ignore `b`.
 */
export type Loop = (
  out: Float32Array,
  outStart: number,
  outStride: number,
  a: Float32Array,
  aStart: number,
  aStride: number,
  b: Float32Array,
  bStart: number,
  bStride: number,
  rows: number,
  length: number,
) => void;

const exactSoftplus = operations.softplus.evaluate;
const exactErf = operations.erf.evaluate;

const add: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = a[i] + b[j];
  }
};

const sub: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = a[i] - b[j];
  }
};

const mul: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = a[i] * b[j];
  }
};

const div: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = a[i] / b[j];
  }
};

const max: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = Math.max(a[i], b[j]);
  }
};

const min: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = Math.min(a[i], b[j]);
  }
};

const greater: Loop = (out, outStart, outStride, a, aStart, aStride, b, bStart, bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    let j = bStart + row * bStride;
    for (let o = start; o < end; o++, i++, j++) out[o] = a[i] > b[j] ? 1 : 0;
  }
};

const identity: Loop = (
  out,
  outStart,
  outStride,
  a,
  aStart,
  aStride,
  _b,
  _bStart,
  _bStride,
  rows,
  length,
) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = a[i];
  }
};

const neg: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = -a[i];
  }
};

const oneMinus: Loop = (
  out,
  outStart,
  outStride,
  a,
  aStart,
  aStride,
  _b,
  _bStart,
  _bStride,
  rows,
  length,
) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = 1 - a[i];
  }
};

const abs: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = Math.abs(a[i]);
  }
};

const sign: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = Math.sign(a[i]);
  }
};

const sigmoid: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = 1 / (2 + expMinusOne(-a[i]));
  }
};

const exp: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = Math.exp(a[i]);
  }
};

const log: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = Math.log(a[i]);
  }
};

const softplus: Loop = (
  out,
  outStart,
  outStride,
  a,
  aStart,
  aStride,
  _b,
  _bStart,
  _bStride,
  rows,
  length,
) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = exactSoftplus(a[i], 0);
  }
};

const erf: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) out[o] = exactErf(a[i], 0);
  }
};

const tanh: Loop = (out, outStart, outStride, a, aStart, aStride, _b, _bStart, _bStride, rows, length) => {
  for (let row = 0; row < rows; row++) {
    const start = outStart + row * outStride;
    const end = start + length;
    let i = aStart + row * aStride;
    for (let o = start; o < end; o++, i++) {
      const e = expMinusOne(2 * a[i]);
      out[o] = e / (e + 2);
    }
  }
};

export const loops: Readonly<Record<OperationName, Loop>> = {
  identity,
  add,
  sub,
  mul,
  div,
  neg,
  oneMinus,
  max,
  min,
  greater,
  abs,
  sign,
  sigmoid,
  tanh,
  exp,
  log,
  softplus,
  erf,
};

/** `sums += the sum over the rows`, in float64. */
export function addRows(
  sums: Float64Array,
  a: Float32Array,
  aStart: number,
  aStride: number,
  rows: number,
  length: number,
): void {
  for (let row = 0; row < rows; row++) {
    const start = aStart + row * aStride;
    for (let j = 0; j < length; j++) sums[j] += a[start + j];
  }
}
