import type { OperationName } from '@sluice/core';
import type { Loop } from './loops.js';

/** A tree of operations over operands `a`, `b`, `c`; the same letter stands for the same value. */
export type Pattern = 'a' | 'b' | 'c' | readonly [OperationName, ...Pattern[]];

/** A group of cheap operations with a loop of its own. */
export interface Fusion {
  readonly pattern: Pattern;
  readonly loop: Loop;
}

/** a b + (1 − a) c: a gate between two rows. */
const mix: Loop = (out, o, a, i, b, j, c, k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] * b[j + n] + (1 - a[i + n]) * c[k + n];
};

/** b a (1 − a): the cotangent b through a sigmoid with the result a. */
const sigmoidSlope: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = b[j + n] * a[i + n] * (1 - a[i + n]);
};

/** b (1 − a²): the cotangent b through a tanh with the result a. */
const tanhSlope: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = b[j + n] * (1 - a[i + n] * a[i + n]);
};

/** a b + c. */
const multiplyAdd: Loop = (out, o, a, i, b, j, c, k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] * b[j + n] + c[k + n];
};

/** (1 − a) b. */
const multiplyComplement: Loop = (out, o, a, i, b, j, _c, _k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = (1 - a[i + n]) * b[j + n];
};

/** a + b + c. */
const sum: Loop = (out, o, a, i, b, j, c, k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] + b[j + n] + c[k + n];
};

/** a b c. */
const product: Loop = (out, o, a, i, b, j, c, k, length) => {
  for (let n = 0; n < length; n++) out[o + n] = a[i + n] * b[j + n] * c[k + n];
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
