import { describe, expect, test } from 'vitest';
import { loopOf } from '../src/backend/index.js';
import {
  Expression,
  equal,
  greater,
  greaterEqual,
  kernel,
  less,
  lessEqual,
  log,
  notEqual,
  recurrentVector,
  sqrt,
  where,
} from '../src/equations/index.js';
import { defineCell, explain, latex, planFor, referenceGradient } from '../src/index.js';
import { f64, runOneUnit } from './one-unit.js';

type Equation = (a: Expression, b: Expression) => Expression;

/** `h = equation(a x, b x)`, so that with x = 1 the kernel is the pair of operands. */
const cellOf = (equation: Equation) =>
  defineCell({
    name: 'pair',
    states: ['h'],
    parameters: { kernel: kernel('a', 'b') },
    equations: ({ x }, { kernel: W }) => ({ h: equation(W.a(x), W.b(x)) }),
  });

const resultOf = (equation: Equation, a: number, b: number) =>
  runOneUnit(cellOf(equation), [[a, b]], [1]).sequence[0];

/** The derivatives with respect to both operands. */
function slopesOf(equation: Equation, a: number, b: number): number[] {
  const plan = planFor(cellOf(equation), { inputSize: 1, units: 1 });
  const inputs = { batch: 1, timesteps: 1, x: f64(1), parameters: [f64(a, b)] };
  return [...referenceGradient(plan, inputs, { sequence: f64(1) }).parameters[0]];
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe('comparisons are 1 or 0', () => {
  const comparisons: [string, Equation, (a: number, b: number) => boolean][] = [
    ['greater', greater, (a, b) => a > b],
    ['greaterEqual', greaterEqual, (a, b) => a >= b],
    ['less', less, (a, b) => a < b],
    ['lessEqual', lessEqual, (a, b) => a <= b],
    ['equal', equal, (a, b) => a === b],
    ['notEqual', notEqual, (a, b) => a !== b],
  ];
  test.each(comparisons)('%s', (_, compare, expected) => {
    for (const a of [-1, 0, 2, nan, infinity]) {
      for (const b of [-1, 0, 2, nan, infinity]) {
        expect(resultOf(compare, a, b), `${a}, ${b}`).toBe(expected(a, b) ? 1 : 0);
      }
    }
    expect(slopesOf(compare, 1, 2)).toEqual([0, 0]);
  });

  test('take numbers on either side', () => {
    expect(resultOf((a) => greater(a, 0.5), 1, 0)).toBe(1);
    expect(resultOf((a) => greater(0.5, a), 1, 0)).toBe(0);
  });
});

describe('where', () => {
  test('is the first row where the condition is not 0, else the second', () => {
    const choice: Equation = (a, b) => where(greater(a, b), a, b.mul(10));
    expect(resultOf(choice, 3, 2)).toBe(3);
    expect(resultOf(choice, 2, 3)).toBe(30);
    expect(resultOf((a, b) => where(a, b, -1), -0.5, 7)).toBe(7);
    expect(resultOf((a, b) => where(a, b, -1), 0, 7)).toBe(-1);
  });

  test('does not depend on the other row', () => {
    for (const other of [nan, infinity, -infinity]) {
      expect(resultOf((a, b) => where(greater(a, 0), a, b), 1, other)).toBe(1);
      expect(resultOf((a, b) => where(greater(a, 2), b, a), 1, other)).toBe(1);
    }
    expect(resultOf((a) => where(greater(a, 0), log(a), a), -1, 0)).toBe(-1);
  });

  test('gives the cotangent to the chosen row alone', () => {
    const choice: Equation = (a, b) => where(greater(a, b), a.mul(2), b.mul(3));
    expect(slopesOf(choice, 3, 2)).toEqual([2, 0]);
    expect(slopesOf(choice, 2, 3)).toEqual([0, 3]);
    // A derivative that is not finite, of a row that is not chosen, when its argument is kept in its domain.
    const guarded: Equation = (a) => where(greater(a, 0), sqrt(where(greater(a, 0), a, 1)), 0);
    expect(slopesOf(guarded, -1, 0)).toEqual([0, 0]);
    expect(slopesOf(guarded, 4, 0)).toEqual([0.25, 0]);
  });

  test('with a constant condition is the chosen row itself', () => {
    const always: Equation = (a, b) => where(new Expression({ kind: 'constant', value: 1 }), a, b);
    const plan = planFor(cellOf(always), { inputSize: 1, units: 1 });
    const [{ program }] = loopOf(plan, 'inference', { masked: 'no', x: 'steps' }).body;
    expect(program.operations).toEqual([]);
    expect(slopesOf(always, 1, 2)).toEqual([1, 0]);
  });

  test('refuses a number or a boolean as the condition', () => {
    expect(() => where(true as unknown as Expression, 1, 2)).toThrow(
      /condition must be an expression .* boolean/,
    );
    expect(() => where(1 as unknown as Expression, 1, 2)).toThrow(TypeError);
  });
});

describe('max and min of two rows', () => {
  const max: Equation = (a, b) => a.max(b);
  const min: Equation = (a, b) => a.min(b);

  test('are element by element, and NaN if either is', () => {
    expect([resultOf(max, 1, 2), resultOf(max, 2, 1), resultOf(min, 1, 2), resultOf(min, 2, 1)]).toEqual([
      2, 2, 1, 1,
    ]);
    for (const extreme of [max, min]) {
      expect(resultOf(extreme, nan, 1)).toBeNaN();
      expect(resultOf(extreme, 1, nan)).toBeNaN();
    }
  });

  test('give the cotangent to the selected row; of equal rows, max to the second, min to the first', () => {
    expect([slopesOf(max, 2, 1), slopesOf(max, 1, 2), slopesOf(max, 1, 1)]).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect([slopesOf(min, 2, 1), slopesOf(min, 1, 2), slopesOf(min, 1, 1)]).toEqual([
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
    // Both orders in one cell: each keeps its own rule.
    expect(slopesOf((a, b) => a.max(b).add(b.max(a).mul(10)), 1, 1)).toEqual([10, 1]);
  });
});

test('comparisons and choices are written with their symbols', () => {
  const cell = defineCell({
    name: 'choice',
    states: ['h'],
    parameters: { kernel: kernel('a'), recurrentVector: recurrentVector('a') },
    equations: ({ x, h }, { kernel: W, recurrentVector: v }) => ({
      h: where(greater(h, v.a), h.max(W.a(x)), greaterEqual(h, 0.5)),
    }),
  });
  expect(explain(cell)).toContain('h = where([h₋ > v_a], max(h₋, W_a x), [h₋ ≥ 0.5])');
  expect(latex(cell)).toContain(
    'h_t &= \\begin{cases} \\max\\left(h_{t-1}, W_{a} x_t\\right) & \\text{if } \\left[h_{t-1} > v_{a}\\right] \\\\ ' +
      '\\left[h_{t-1} \\ge 0.5\\right] & \\text{otherwise} \\end{cases}',
  );
});
