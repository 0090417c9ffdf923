/**
 * One loop for each operation, over a row of float32 numbers.
 *
 * Ladder:
 *   1  one loop over scalar closures: V8 does not inline the call once several closures share the loop
 *   2  a loop for each operation over all rows at once: values travel through the second-level cache
 *   3  the same on tiles of about a thousand elements that stay in the first-level cache (`program.ts`)
 *   4  one loop for frequent groups of cheap operations (`fused-loops.ts`): about half the passes
 * Code generated at run time would be faster still, but a strict Content-Security-Policy forbids it.
 */

import { operations as exact, type OperationName } from '@sluice/core';
import { expMinusOne } from './exponential.js';

/**
 * `out = operation(a, b, c)` for `length` numbers. Each array comes with the index of its first; operations of fewer
 * operands ignore the rest.
 */
export type Loop = (
  out: Float32Array,
  o: number,
  a: Float32Array,
  i: number,
  b: Float32Array,
  j: number,
  c: Float32Array,
  k: number,
  length: number,
) => void;

const add: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] + b[j + n];
};

const sub: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] - b[j + n];
};

const mul: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] * b[j + n];
};

const div: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] / b[j + n];
};

const max: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.max(a[i + n], b[j + n]);
};

const min: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.min(a[i + n], b[j + n]);
};

const greater: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] > b[j + n] ? 1 : 0;
};

const identity: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n];
};

const neg: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = -a[i + n];
};

const oneMinus: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = 1 - a[i + n];
};

const abs: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.abs(a[i + n]);
};

const sign: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.sign(a[i + n]);
};

const sigmoid: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = 1 / (2 + expMinusOne(-a[i + n]));
};

const exp: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.exp(a[i + n]);
};

const log: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.log(a[i + n]);
};

const softplus: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = exact.softplus.evaluate(a[i + n], 0);
};

const erf: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = exact.erf.evaluate(a[i + n], 0);
};

const tanh: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) {
    const e = expMinusOne(2 * a[i + n]);
    out[o + n] = e / (e + 2);
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
