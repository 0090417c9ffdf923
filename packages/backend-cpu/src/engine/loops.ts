import { operations as exact, type OperationName } from '@sluice/core/backend';
import { add, div, type Loop, mul, neg, oneMinus, sqrt, sub } from './cheap-loops.js';

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

// eˣ − 1 of the activations. float32 results need about ten of float64's sixteen digits; `Math.exp` and its call cost
// more: this takes half the time of `1 / (1 + Math.exp(-x))` and of `Math.tanh`.

/** 2^(i − 256), for x within ±177. */
const POWERS = Float64Array.from({ length: 512 }, (_, i) => 2 ** (i - 256));

const LIMIT = 170;

/**
 * eˣ − 1 for |x| ≤ 170, the value at ±170 beyond; NaN for NaN. With x = k ln 2 + r and |r| ≤ ½ ln 2 it is
 * (2ᵏ − 1) + 2ᵏ (eʳ − 1), in which nothing cancels around x = 0. Taylor polynomial of degree 8 for eʳ − 1, relative
 * error below 2·10⁻¹⁰.
 */
function expMinusOne(x: number): number {
  const limited = Math.max(Math.min(x, LIMIT), -LIMIT);
  const k = Math.floor(limited * Math.LOG2E + 0.5);
  const r = limited - k * Math.LN2;
  const polynomial =
    r *
    (1 +
      r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r / 40320)))))));
  // `| 0` turns the NaN of a NaN input into an index; the polynomial keeps it.
  const power = POWERS[(k | 0) + 256];
  return power - 1 + power * polynomial;
}

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
