import type { OperationName } from '@sluice/core/backend';
import type { Vector } from '../bytes/function-body.js';
import type { Lanes } from '../bytes/lanes.js';
import type { Step } from '../program/multiply-adds.js';
import { erf, exp, sigmoid, tanh } from './exponential.js';
import { log, softplus } from './logarithm.js';

/** Operations that are one instruction of that name. */
type Instruction = 'add' | 'sub' | 'mul' | 'div' | 'neg' | 'max' | 'min' | 'abs' | 'sqrt';

type WriteOperation = (v: Lanes, a: Vector, b: Vector, c: Vector) => Vector;

const SIGN_BIT = 0x80000000;

/** ±1 with the sign of x; ±0 for ±0, NaN for NaN. */
const sign = (v: Lanes, x: Vector): Vector => {
  const one = v.or(v.and(x, v.bits(SIGN_BIT)), 1);
  return v.select(x, one, v.or(v.equal(x, 0), v.notEqual(x, x)));
};

const functions: Readonly<Record<Exclude<OperationName, Instruction>, WriteOperation>> = {
  identity: (_, a) => a,
  oneMinus: (v, a) => v.sub(1, a),
  greater: (v, a, b) => v.and(v.greater(a, b), 1),
  greaterEqual: (v, a, b) => v.and(v.greaterEqual(a, b), 1),
  select: (v, a, b, c) => v.select(b, c, v.notEqual(a, 0)),
  sign,
  sigmoid,
  tanh,
  exp,
  log,
  softplus,
  erf,
};

/** Writes the code of an operation. */
export function writeOperation(v: Lanes, name: Step['name'], operands: readonly Vector[]): Vector {
  const [a, b = a, c = a] = operands;
  if (name === 'multiplyAdd' || name === 'multiplySub') return v[name](a, b, c);
  return name in functions
    ? functions[name as keyof typeof functions](v, a, b, c)
    : v[name as Instruction](...operands);
}
