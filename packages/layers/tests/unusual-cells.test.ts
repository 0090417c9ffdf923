import { type Cell, defineCell } from '@sluice/core';
import {
  bias,
  concat,
  greater,
  greaterEqual,
  kernel,
  log,
  max,
  normalize,
  recurrentKernel,
  repeat,
  slice,
  softmax,
  split,
  sum,
  sumParts,
  tanh,
  tile,
  where,
} from '@sluice/core/equations';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { recurrent } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { compareWithReference } from './compare-with-reference.js';

/** `max` and `min` of batch rows, parameter rows and numbers, as first and second operand. */
const extremes = defineCell({
  name: 'extremes',
  states: ['h'],
  parameters: { kernel: kernel('a', 'b'), bias: bias('p', 'q') },
  equations: ({ x, h }, { kernel: W, bias: v }) => {
    const [a, b] = [W.a(x).add(h), W.b(x)];
    return { h: a.max(b).add(a.min(v.p)).add(v.q.max(b)).add(v.p.max(v.q)).add(v.q.min(0.1)).mul(0.3) };
  },
});

const choices = defineCell({
  name: 'choices',
  states: ['h'],
  parameters: { kernel: kernel('a', 'b'), bias: bias('p') },
  equations: ({ x, h }, { kernel: W, bias: v }) => {
    const [a, b] = [W.a(x).add(h), W.b(x)];
    return {
      h: where(greater(a, b), a.mul(0.5), v.p)
        .add(where(greaterEqual(v.p, 0), 0.25, b))
        .add(where(a, b, 1).mul(0.3)),
    };
  },
});

/** Rows of several lengths, operations on whole rows, parameters alone among their operands. */
const rows = defineCell({
  name: 'rows',
  states: { h: 'units', window: ({ units }) => 3 * units, level: 1 },
  parameters: {
    kernel: { ...kernel('q', 'h'), rows: ({ inputSize, units }) => inputSize + units },
    recurrentKernel: { ...recurrentKernel('h'), groups: 3 },
    score: { ...kernel('s'), width: 1 },
    bias: bias('p'),
  },
  equations: ({ x, h, window, level }, { kernel: W, recurrentKernel: U, score, bias: b }, { units }) => {
    const weights = softmax(sum(window.mul(tile(W.q(concat(x, h)), 3)), 3));
    const context = sumParts(window.mul(repeat(weights, units)), 3);
    const next = tanh(normalize(W.h(concat(x, context))).add(U.h(h.add(sum(b.p)))));
    return {
      h: next,
      window: concat(...split(window, 3).slice(1), next.mul(max(b.p))),
      level: tanh(score.s(x).max(level)),
      output: concat(slice(next, 1, 2).mul(level), level, where(greater(level, 0.1), next, b.p)),
    };
  },
});

/** A cell of `h = equation(W x, W' x)`, for one unit and one feature. */
const createPairCell = (
  equation: (a: Parameters<typeof where>[0], b: Parameters<typeof where>[0]) => typeof a,
): Cell =>
  defineCell({
    name: 'pair',
    states: ['h'],
    parameters: { kernel: kernel('a', 'b') },
    equations: ({ x }, { kernel: W }) => ({ h: equation(W.a(x), W.b(x)) }),
  });

/** The result for two operands, and their cotangents for a cotangent of the result. */
function run(cell: Cell, operands: [number, number], cotangent = 1): number[] {
  const x = tf.ones([1, 1, 1]) as tf.Tensor3D;
  const of = (weights: tf.Tensor) => recurrent(cell, x, [weights], { units: 1 }).sequence;
  const weights = tf.tensor2d([operands]);
  const slopes = tf.grad(of)(weights, tf.tensor3d([[[cotangent]]]));
  return [...of(weights).dataSync(), ...slopes.dataSync()];
}

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test.each([
    ['max and min of rows', extremes],
    ['choices by comparisons', choices],
    ['rows of several lengths', rows],
  ])('%s match the reference', (_, cell) => {
    compareWithReference(cell, {
      units: 3,
      states: true,
      mask: [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
    });
  });

  test('for equal rows max gives the cotangent to the second operand, min to the first', () => {
    expect(
      run(
        createPairCell((a, b) => a.max(b)),
        [1, 1],
      ),
    ).toEqual([1, 0, 1]);
    expect(
      run(
        createPairCell((a, b) => a.min(b)),
        [1, 1],
      ),
    ).toEqual([1, 1, 0]);
    expect(
      run(
        createPairCell((a) => a.max(0)),
        [0, 5],
      ),
    ).toEqual([0, 0, 0]);
    expect(
      run(
        createPairCell((a) => a.min(0)),
        [0, 5],
      ),
    ).toEqual([0, 1, 0]);
  });

  test('the operand that is not chosen does not change result or gradient, also for infinite cotangents', () => {
    const choice = createPairCell((a, b) => where(greater(a, 0), a, b));
    expect(run(choice, [1, Number.NaN])).toEqual([1, 1, 0]);
    expect(run(choice, [-1, Number.POSITIVE_INFINITY])).toEqual([Number.POSITIVE_INFINITY, 0, 1]);
    expect(run(choice, [1, 2], Number.POSITIVE_INFINITY)).toEqual([1, Number.POSITIVE_INFINITY, 0]);
    expect(
      run(
        createPairCell((a) => where(greater(a, 0), log(a), a)),
        [-1, 0],
      )[0],
    ).toBe(-1);
  });

  test('max and min of NaN are NaN; max gives the cotangent to the second operand, min to the first', () => {
    expect(
      run(
        createPairCell((a) => a.max(0)),
        [Number.NaN, 5],
      ),
    ).toEqual([Number.NaN, 0, 0]);
    expect(
      run(
        createPairCell((a) => a.min(0)),
        [Number.NaN, 5],
      ),
    ).toEqual([Number.NaN, 1, 0]);
    expect(
      run(
        createPairCell((a, b) => a.max(b)),
        [Number.NaN, 1],
      ),
    ).toEqual([Number.NaN, 0, 1]);
    expect(
      run(
        createPairCell((a, b) => a.min(b)),
        [1, Number.NaN],
      ),
    ).toEqual([Number.NaN, 1, 0]);
  });
});

const manyStates: readonly string[] = Array.from({ length: 70 }, (_, i) => `s${i}`);
const large = defineCell({
  name: 'large',
  states: manyStates,
  parameters: { kernel: kernel('a') },
  equations: (rows, { kernel: W }) => {
    let row = W.a(rows.x);
    for (let i = 0; i < 800; i++) row = row.mul(0.5).add(rows[manyStates[i % manyStates.length]]);
    return Object.fromEntries(manyStates.map((state, i) => [state, row.add(rows[state].mul(i / 100))]));
  },
});

test.each(BACKENDS)(
  'on %s: a cell of 70 states and 1,500 chained operations matches the reference',
  async (backend) => {
    expect(await tf.setBackend(backend)).toBe(true);
    compareWithReference(large, { units: 3 });
  },
);
