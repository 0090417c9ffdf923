import type { OperationName } from '@sluice/core/backend';
import type { Vector } from '../bytes/function-body.js';
import type { Lanes } from '../bytes/lanes.js';
import { erf, exp, sigmoid, tanh } from './exponential.js';
import { log, softplus } from './logarithm.js';

/** Writes the code of an operation. An operation of fewer operands ignores the others. */
export type WriteOperation = (v: Lanes, a: Vector, b: Vector, c: Vector) => Vector;

const SIGN_BIT = 0x80000000;

/** ±1 with the sign of x; ±0 for ±0, NaN for NaN. */
const sign = (v: Lanes, x: Vector): Vector => {
  const one = v.or(v.and(x, v.bits(SIGN_BIT)), 1);
  return v.select(x, one, v.or(v.equal(x, 0), v.notEqual(x, x)));
};

export const functions: Readonly<Record<OperationName, WriteOperation>> = {
  identity: (_, a) => a,
  add: (v, a, b) => v.add(a, b),
  sub: (v, a, b) => v.sub(a, b),
  mul: (v, a, b) => v.mul(a, b),
  div: (v, a, b) => v.div(a, b),
  neg: (v, a) => v.neg(a),
  oneMinus: (v, a) => v.sub(1, a),
  max: (v, a, b) => v.max(a, b),
  min: (v, a, b) => v.min(a, b),
  greater: (v, a, b) => v.and(v.greater(a, b), 1),
  greaterEqual: (v, a, b) => v.and(v.greaterEqual(a, b), 1),
  select: (v, a, b, c) => v.select(b, c, v.notEqual(a, 0)),
  abs: (v, a) => v.abs(a),
  sign,
  sigmoid,
  tanh,
  exp,
  log,
  sqrt: (v, a) => v.sqrt(a),
  softplus,
  erf,
};
