import { operations as exact, type OperationName } from '@sluice/core/backend';
import { add, div, type Loop, mul, neg, oneMinus, sqrt, sub } from './cheap-loops.js';
import { expMinusOne } from './exponential.js';

const max: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.max(a[i + n], b[j + n]);
};

const min: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = Math.min(a[i + n], b[j + n]);
};

const greater: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] > b[j + n] ? 1 : 0;
};

const greaterEqual: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] >= b[j + n] ? 1 : 0;
};

const select: Loop = (out, o, a, i, b, j, c, k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] !== 0 ? b[j + n] : c[k + n];
};

const identity: Loop = (out, o, a, i, _b, _j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n];
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

/** A loop for each operation, over a row of float32 numbers. */
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
  greaterEqual,
  select,
  abs,
  sign,
  sigmoid,
  tanh,
  exp,
  log,
  sqrt,
  softplus,
  erf,
};
