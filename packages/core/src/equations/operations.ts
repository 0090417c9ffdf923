/**
 * The scalar operations of equations.
 *
 * This table alone defines each operation, in float64; its derivative is in `gradient/derivatives.ts`. The reference and the
 * choice of saved values read it; a device implements its names. `Record<OperationName, …>` makes the compiler check all such
 * tables.
 */

/** A value in a graph under construction: the index of its node. */
export type NodeId = number;

export type OperationName =
  | 'identity'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'neg'
  | 'oneMinus'
  | 'max'
  | 'min'
  | 'greater'
  | 'greaterEqual'
  | 'select'
  | 'abs'
  | 'sign'
  | 'sigmoid'
  | 'tanh'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'softplus'
  | 'erf';

export interface Operation {
  readonly arity: 1 | 2 | 3;
  /** The backward pass computes a cheap operation again when it has its operands, so the result is not saved. */
  readonly cheap: boolean;
  /** The exact definition, in float64. Further operands are ignored. */
  evaluate(...operands: number[]): number;
}

/** ln(1 + eˣ) without overflow for large x and without cancellation for small. */
const softplus = (a: number): number => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

/** The logistic function without overflow: the argument of the exponential is never positive. */
const sigmoid = (a: number): number => {
  const e = Math.exp(-Math.abs(a));
  return (a >= 0 ? 1 : e) / (1 + e);
};

/** The exact definitions, in float64; each has as many parameters as operands. */
export const evaluators: Readonly<Record<OperationName, Operation['evaluate']>> = {
  identity: (a) => a,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  oneMinus: (a) => 1 - a,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  /** 1 where a > b, else 0, also for NaN. The derivatives of `max` and `min` use it. */
  greater: (a, b) => (a > b ? 1 : 0),
  /** 1 where a ≥ b, else 0, also for NaN. */
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  /** b where a is not 0, else c. The other operand does not matter, not even NaN. */
  select: (a, b, c) => (a !== 0 ? b : c),
  abs: Math.abs,
  sign: Math.sign,
  sigmoid,
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  softplus,
  erf,
};

const COSTLY: readonly OperationName[] = ['div', 'sigmoid', 'tanh', 'exp', 'log', 'sqrt', 'softplus', 'erf'];

/** The operations by name. */
export const operations: Readonly<Record<OperationName, Operation>> = /* @__PURE__ */ (() => {
  const names = Object.keys(evaluators) as OperationName[];
  const described = names.map((name) => {
    const evaluate = evaluators[name];
    return [name, { arity: evaluate.length, cheap: !COSTLY.includes(name), evaluate }];
  });
  return Object.fromEntries(described);
})();

/** The series is used below, the continued fraction above: near here both are exact to float64. */
const SERIES_LIMIT = 2.5;

/**
 * The error function to float64 accuracy.
 *
 * Below 2.5 by the series erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms are all positive; above by
 * the continued fraction of erfc (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14), evaluated from its far end.
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (Number.isNaN(x) || magnitude === 0) return x;
  if (magnitude > 6) return Math.sign(x);
  const gaussian = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (magnitude < SERIES_LIMIT) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 2 * gaussian * sum;
  }
  let fraction = magnitude;
  for (let k = 60; k >= 1; k--) fraction = magnitude + k / 2 / fraction;
  return Math.sign(x) * (1 - gaussian / fraction);
}
