import { type Cell, defineCell } from '@sluice/core';
import {
  activations,
  affine,
  bias,
  type Expression,
  exp,
  greater,
  greaterEqual,
  kernel,
  leakyRelu,
  less,
  lessEqual,
  log,
  mish,
  recurrentVector,
  relu6,
  scaledTanh,
  selu,
  sigmoid,
  softplus,
  sqrt,
  tanh,
  thresholdedRelu,
  where,
} from '@sluice/core/equations';
import { own, type Variant } from './variant.js';

/** A leaky average of a function of the input and the state. Any function is stable in it. */
function average(name: string, equation: (a: Expression, b: Expression) => Expression): Cell {
  return defineCell({
    name,
    states: ['h'],
    parameters: {
      kernel: kernel('a', 'b'),
      recurrentVector: recurrentVector('a', 'b'),
      bias: bias('a', 'b'),
    },
    equations: ({ x, h }, { kernel: W, recurrentVector: v, bias: c }) => {
      const a = W.a(x).add(v.a.mul(h)).add(c.a);
      const b = W.b(x).add(v.b.mul(h)).add(c.b);
      return { h: h.mul(0.25).add(equation(tanh(a), tanh(b)).mul(0.5)) };
    },
  });
}

/** A row that is well above 0, for functions of positive numbers. */
const positive = (row: Expression): Expression => softplus(row).add(0.5);

/** Activations that are made of operations of the others. One cell tests them all. */
const COMPOSED: readonly string[] = [
  'relu6',
  'leakyRelu',
  'thresholdedRelu',
  'affine',
  'scaledTanh',
  'mish',
  'selu',
];

const names = (Object.keys(activations) as (keyof typeof activations)[]).filter(
  (name) => !COMPOSED.includes(name),
);

const composed = average('activations made of others', (a, b) =>
  relu6(a.mul(9))
    .add(leakyRelu(b, { alpha: 0.3 }))
    .add(thresholdedRelu(a, { alpha: 0.2 }))
    .add(scaledTanh(b, { alpha: 1.5, beta: 0.5 }))
    .add(affine(mish(a), { alpha: 0.4, beta: 0.1 }))
    .add(selu(b))
    .mul(0.2),
);

/** An argument in the domain. That of `exp` is small, so that the recurrence does not enlarge rounding errors. */
function argumentOf(name: string, a: Expression): Expression {
  if (name === 'log') return positive(a);
  return name === 'exp' ? a : a.mul(3);
}

const activationCells = names.map((name) =>
  average(`activation ${name}`, (a, b) => activations[name](argumentOf(name, a)).add(b.mul(0.1))),
);

const operationCells = [
  average('add, sub, neg, oneMinus', (a, b) => a.add(b).sub(a.mul(b)).add(b.neg().oneMinus()).sub(1)),
  average('numbers in place of rows', (a, b) => a.add(0.5).sub(0.25).mul(-1.5).div(2).add(b.mul(0).add(0.1))),
  average('a quotient of rows', (a, b) => a.div(positive(b)).sub(b.div(positive(a)))),
  average('min and max with constants', (a, b) =>
    a
      .min(0.4)
      .max(-0.3)
      .add(b.max(0.1).mul(a.min(-0.1))),
  ),
  average('max and min of rows, choices by comparisons', (a, b) =>
    where(greater(a, b), a.max(b.mul(0.5)), b.min(a.neg()).mul(0.5))
      .add(where(greaterEqual(b, 0.2), log(where(greaterEqual(b, 0.2), b, 1)), a))
      .add(lessEqual(a, 0.1).max(less(0.5, b)).mul(0.1)),
  ),
  average('a logarithm of an exponential', (a, b) => log(exp(a).add(exp(b)))),
  average('square roots', (a, b) =>
    sqrt(positive(a))
      .mul(b)
      .add(sqrt(positive(b))),
  ),
  average('a power', (a, b) => exp(log(positive(a)).mul(b))),
  average('one value used many times', (a, b) => {
    const s = sigmoid(a);
    return s
      .mul(s)
      .mul(s)
      .add(s.mul(b))
      .sub(s.oneMinus().mul(s))
      .add(sigmoid(a).mul(tanh(s)));
  }),
  average('a long program', (a, b) =>
    Array.from({ length: 20 }, (_, i) => i).reduce(
      (sum, i) => (i % 2 === 0 ? tanh(sum.mul(b).add(0.1 * i)) : sigmoid(sum.sub(a))),
      a,
    ),
  ),
];

/** Every activation and every operation, with arguments at which it is defined and smooth enough. */
export const pointwiseVariants: readonly Variant[] = [...activationCells, composed, ...operationCells].map(
  own,
);
