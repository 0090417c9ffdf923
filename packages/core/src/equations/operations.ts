/**
 * The scalar operations of equations.
 *
 * This table alone defines each operation (in float64) and its derivative. The reference, the gradient and the choice of
 * saved values read it; a device implements its names. `Record<OperationName, …>` makes the compiler check all such tables.
 */

/** A value in a graph under construction: the index of its node. */
export type NodeId = number;

/** The part of the graph builder that derivative rules need. */
export interface Algebra {
  apply(name: OperationName, ...inputs: NodeId[]): NodeId;
  constant(value: number): NodeId;
}

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

/** The arguments of a derivative rule: the operands, the result and the cotangent of the result. */
export interface RuleArgs {
  readonly inputs: readonly NodeId[];
  readonly result: NodeId;
  readonly cotangent: NodeId;
}

export interface Operation {
  readonly arity: 1 | 2 | 3;
  /** The backward pass computes a cheap operation again when it has its operands, so the result is not saved. */
  readonly cheap: boolean;
  /** The exact definition, in float64. Further operands are ignored. */
  evaluate(...operands: number[]): number;
  /** Cotangents of the operands; `null` where the operation is constant almost everywhere. */
  derivative(algebra: Algebra, occurrence: RuleArgs): readonly (NodeId | null)[];
}

/** ln(1 + eˣ) without overflow for large x and without cancellation for small. */
const softplus = (a: number): number => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

/** The logistic function without overflow: the argument of the exponential is never positive. */
const sigmoid = (a: number): number => {
  const e = Math.exp(-Math.abs(a));
  return (a >= 0 ? 1 : e) / (1 + e);
};

export const operations: Readonly<Record<OperationName, Operation>> = {
  identity: {
    arity: 1,
    cheap: true,
    evaluate: (a) => a,
    derivative: (_, { cotangent }) => [cotangent],
  },
  add: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => a + b,
    derivative: (_, { cotangent }) => [cotangent, cotangent],
  },
  sub: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => a - b,
    derivative: (g, { cotangent }) => [cotangent, g.apply('neg', cotangent)],
  },
  mul: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => a * b,
    derivative: (g, { inputs: [a, b], cotangent }) => [
      g.apply('mul', cotangent, b),
      g.apply('mul', cotangent, a),
    ],
  },
  div: {
    arity: 2,
    cheap: false,
    evaluate: (a, b) => a / b,
    derivative: (g, { inputs: [, b], result, cotangent }) => {
      const da = g.apply('div', cotangent, b);
      return [da, g.apply('neg', g.apply('mul', da, result))];
    },
  },
  neg: {
    arity: 1,
    cheap: true,
    evaluate: (a) => -a,
    derivative: (g, { cotangent }) => [g.apply('neg', cotangent)],
  },
  oneMinus: {
    arity: 1,
    cheap: true,
    evaluate: (a) => 1 - a,
    derivative: (g, { cotangent }) => [g.apply('neg', cotangent)],
  },
  /** If the operands are equal, the second gets the cotangent: the derivative of `max(x, 0)` at 0 is 0. */
  max: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => Math.max(a, b),
    derivative: (g, { inputs: [a, b], cotangent }) => {
      const first = g.apply('greater', a, b);
      return [g.apply('mul', cotangent, first), g.apply('mul', cotangent, g.apply('oneMinus', first))];
    },
  },
  /** If the operands are equal, the first gets the cotangent. */
  min: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => Math.min(a, b),
    derivative: (g, { inputs: [a, b], cotangent }) => {
      const second = g.apply('greater', a, b);
      return [g.apply('mul', cotangent, g.apply('oneMinus', second)), g.apply('mul', cotangent, second)];
    },
  },
  /** 1 where a > b, else 0, also for NaN. The derivatives of `max` and `min` use it. */
  greater: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => (a > b ? 1 : 0),
    derivative: () => [null, null],
  },
  /** 1 where a ≥ b, else 0, also for NaN. */
  greaterEqual: {
    arity: 2,
    cheap: true,
    evaluate: (a, b) => (a >= b ? 1 : 0),
    derivative: () => [null, null],
  },
  /** b where a is not 0, else c. The other operand does not matter, not even NaN, and its cotangent is 0. */
  select: {
    arity: 3,
    cheap: true,
    evaluate: (a, b, c) => (a !== 0 ? b : c),
    derivative: (g, { inputs: [a], cotangent }) => {
      const zero = g.constant(0);
      return [null, g.apply('select', a, cotangent, zero), g.apply('select', a, zero, cotangent)];
    },
  },
  abs: {
    arity: 1,
    cheap: true,
    evaluate: Math.abs,
    derivative: (g, { inputs: [a], cotangent }) => [g.apply('mul', cotangent, g.apply('sign', a))],
  },
  sign: {
    arity: 1,
    cheap: true,
    evaluate: Math.sign,
    derivative: () => [null],
  },
  sigmoid: {
    arity: 1,
    cheap: false,
    evaluate: sigmoid,
    derivative: (g, { result, cotangent }) => [
      g.apply('mul', cotangent, g.apply('mul', result, g.apply('oneMinus', result))),
    ],
  },
  tanh: {
    arity: 1,
    cheap: false,
    evaluate: Math.tanh,
    derivative: (g, { result, cotangent }) => [
      g.apply('mul', cotangent, g.apply('oneMinus', g.apply('mul', result, result))),
    ],
  },
  exp: {
    arity: 1,
    cheap: false,
    evaluate: Math.exp,
    derivative: (g, { result, cotangent }) => [g.apply('mul', cotangent, result)],
  },
  log: {
    arity: 1,
    cheap: false,
    evaluate: Math.log,
    derivative: (g, { inputs: [a], cotangent }) => [g.apply('div', cotangent, a)],
  },
  sqrt: {
    arity: 1,
    cheap: false,
    evaluate: Math.sqrt,
    derivative: (g, { result, cotangent }) => [
      g.apply('div', cotangent, g.apply('mul', g.constant(2), result)),
    ],
  },
  softplus: {
    arity: 1,
    cheap: false,
    evaluate: softplus,
    derivative: (g, { inputs: [a], cotangent }) => [g.apply('mul', cotangent, g.apply('sigmoid', a))],
  },
  erf: {
    arity: 1,
    cheap: false,
    evaluate: erf,
    derivative: (g, { inputs: [a], cotangent }) => {
      const gaussian = g.apply('exp', g.apply('neg', g.apply('mul', a, a)));
      return [g.apply('mul', cotangent, g.apply('mul', g.constant(2 / Math.sqrt(Math.PI)), gaussian))];
    },
  },
};

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
