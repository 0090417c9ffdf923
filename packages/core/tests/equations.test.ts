import { describe, expect, test } from 'vitest';
import {
  activations,
  bias,
  concat,
  Expression,
  kernel,
  recurrentKernel,
  recurrentVector,
  slice,
  sum,
  tanh,
} from '../src/equations/index.js';
import { type Cell, cells, defineCell, planFor } from '../src/index.js';

const SIZES = { inputSize: 3, units: 4 };

const one = new Expression({ kind: 'constant', value: 1 });

const parameters = {
  kernel: kernel('a', 'b'),
  recurrentKernel: recurrentKernel('a'),
  recurrentVector: recurrentVector('a'),
  bias: bias('a'),
};

type Equations = Parameters<typeof defineCell<'h', typeof parameters>>[0]['equations'];

const cellWith = (equations: Equations): Cell =>
  defineCell({ name: 'mine', states: ['h'], parameters, equations });

const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  throw new Error('nothing was thrown');
};

describe('shapes that do not fit are refused, naming the cell, the equation and both shapes', () => {
  const refusals: [what: string, equations: Equations, mentioned: string[]][] = [
    ['x added to a state', ({ x, h }) => ({ h: x.add(h) }), ["'h'", "'add'", '[3]', '[4]']],
    ['x times a vector', ({ x, h }, { bias: b }) => ({ q: x.mul(b.a), h }), ["'q'", "'mul'", '[3]', '[4]']],
    [
      'a kernel times a state',
      ({ h }, { kernel: W }) => ({ h: W.a(h) }),
      ["'h'", 'W_a', '[3, 4]', '[3]', '[4]'],
    ],
    [
      'a recurrent kernel times x',
      ({ x, h }, { recurrentKernel: U }) => ({ z: U.a(x), h }),
      ["'z'", 'U_a', '[4, 4]', '[4]', '[3]'],
    ],
    [
      'a product of a number',
      (_, { recurrentKernel: U }) => ({ h: U.a(new Expression({ kind: 'constant', value: 1 })) }),
      ["'h'", 'U_a', 'a number'],
    ],
    ['x as a state', ({ x }) => ({ h: x }), ["'h'", '[3]', '[4]', 'units']],
    [
      'parts that do not divide a row',
      ({ x, h }) => ({ h: h.mul(sum(sum(x, 2))) }),
      ["'h'", 'sumWithin', '[3]', '2 equal parts'],
    ],
    ['a slice beyond the row', ({ x, h }) => ({ h: h.mul(slice(x, 3, 1)) }), ["'h'", '3 to 3', '[3]']],
    ['a number as a part of a row', ({ h }) => ({ h, output: concat(h, one) }), ['concat', 'a number']],
  ];
  test.each(refusals)('%s', (_, equations, mentioned) => {
    const message = messageOf(() => planFor(cellWith(equations), SIZES));
    for (const words of ["Cell 'mine'", ...mentioned]) expect(message).toContain(words);
  });

  test('with equal sizes x fits everywhere', () => {
    const cell = cellWith(({ x, h }, { kernel: W, recurrentKernel: U }) => ({
      h: W.a(tanh(x)).add(U.a(x)).add(x.mul(h)),
    }));
    expect(() => planFor(cell, { inputSize: 4, units: 4 })).not.toThrow();
  });
});

describe('an undeclared name is refused', () => {
  test('a block', () => {
    const undeclared = cellWith(({ x }, { kernel: W }) => ({
      h: (W as unknown as Record<string, typeof W.a>).q(x),
    }));
    expect(messageOf(() => planFor(undeclared, SIZES))).toMatch(
      /'mine': 'kernel' has no block 'q'. Declared: a/,
    );
  });

  test('a parameter', () => {
    const undeclared = cellWith(({ x }, parameters) => ({
      h: (parameters as unknown as Record<string, typeof parameters.kernel>).kernl.a(x),
    }));
    expect(messageOf(() => planFor(undeclared, SIZES))).toMatch(/'mine' declares no parameter 'kernl'/);
  });

  test('a block of another cell', () => {
    let foreign: Expression | undefined;
    const other = defineCell({
      name: 'other',
      states: ['h'],
      parameters: { gateBias: bias('q') },
      equations: (_, { gateBias }) => {
        foreign = gateBias.q;
        return { h: gateBias.q };
      },
    });
    other.results(SIZES);
    const message = messageOf(() =>
      planFor(
        cellWith(({ h }) => ({ h: h.add(foreign as Expression) })),
        SIZES,
      ),
    );
    expect(message).toContain("Cell 'mine', equation 'h'");
    expect(message).toContain("'gateBias.q', which the cell does not declare");
  });

  test('a state of another cell', () => {
    let foreign: Expression | undefined;
    const other = defineCell({
      name: 'other',
      states: ['memory'],
      parameters: {},
      equations: ({ memory }) => {
        foreign = memory;
        return { memory };
      },
    });
    other.results(SIZES);
    const message = messageOf(() =>
      planFor(
        cellWith(({ h }) => ({ h: h.add(foreign as Expression) })),
        SIZES,
      ),
    );
    expect(message).toContain("Cell 'mine', equation 'h'");
    expect(message).toContain("the state 'memory' of another cell");
  });
});

describe('operands', () => {
  const cell = (use: (row: Expression) => Expression) => () =>
    cellWith(({ h }) => ({ h: use(h) })).results(SIZES);

  test('must be expressions or numbers', () => {
    expect(messageOf(cell((h) => h.mul('2' as unknown as number)))).toMatch(/^mul: .*string/);
    expect(messageOf(cell((h) => h.add(undefined as unknown as number)))).toContain('declared?');
  });

  test('of min and max must be, too', () => {
    expect(messageOf(cell((h) => h.min('2' as unknown as number)))).toMatch(/^min: .*string/);
    expect(cell((h) => h.min(tanh(h)))).not.toThrow();
  });
});

describe('defineCell refuses', () => {
  const define = (states: string[], equations: () => Record<string, unknown> = () => ({})) =>
    defineCell({ name: 'mine', states, parameters, equations: equations as never });

  test('a cell without states', () => {
    expect(messageOf(() => define([]))).toBe("Cell 'mine' declares no state; a recurrent cell needs one.");
  });

  test.each([['x'], ['output']])('a state named %s', (name) => {
    expect(messageOf(() => define([name]))).toContain(`the state name '${name}' is repeated or reserved`);
  });

  test('a state named twice', () => {
    expect(messageOf(() => define(['h', 'h']))).toContain("'h' is repeated");
  });

  test('equations that do not return a state, with the returned names', () => {
    const message = messageOf(() => define(['h', 'c'], () => ({ h: activations.tanh })).results(SIZES));
    expect(message).toBe("Cell 'mine': the equations must return a new 'c', but returned h.");
  });

  test('results that are no expressions', () => {
    const message = messageOf(() => define(['h'], () => ({ h: 3 })).results(SIZES));
    expect(message).toBe("Cell 'mine', equation 'h': expected an expression, but got number.");
  });

  test.each([
    [{ inputSize: 0, units: 4 }, /inputSize .* 0/],
    [{ inputSize: 3, units: 1.5 }, /units .* 1.5/],
    [{ inputSize: 3, units: Number.NaN }, /units .* NaN/],
  ])('the sizes %j', (sizes, message) => {
    const cell = cellWith(({ h }) => ({ h }));
    expect(() => planFor(cell, sizes)).toThrow(RangeError);
    expect(() => planFor(cell, sizes)).toThrow(message);
    expect(() => cell.parameters(sizes)).toThrow(message);
  });
});

describe('mistakes that plain JavaScript allows are refused', () => {
  const results = (equations: (h: Expression) => unknown) =>
    messageOf(() =>
      planFor(
        cellWith(({ h }) => equations(h) as { h: Expression }),
        SIZES,
      ),
    );

  test('operators and Math do not work on expressions', () => {
    expect(results((h) => ({ h: h.mul(1 - (h as unknown as number)) }))).toMatch(/JavaScript operators/);
    expect(results((h) => ({ h: (h as unknown as number) > 0 ? h : tanh(h) }))).toMatch(
      /JavaScript operators/,
    );
    expect(results((h) => ({ h: Math.tanh(h as unknown as number) }))).toMatch(/JavaScript operators/);
  });
  test('numbers must be finite', () => {
    expect(results((h) => ({ h: h.mul(Number.NaN) }))).toMatch(/mul: a number .* finite, but is NaN/);
    expect(results((h) => ({ h: h.max(Number.NEGATIVE_INFINITY) }))).toMatch(/max: a number .* finite/);
  });
  test('results must be an object of expressions', () => {
    expect(results(() => undefined)).toMatch(/must return an object, \{ h \}/);
    expect(results((h) => h)).toMatch(/must return an object/);
    expect(results(() => ({ h: 0 }))).toMatch(/equation 'h': expected an expression, but got number/);
  });
  test('a cell needs a name', () => {
    expect(() =>
      defineCell({ name: '', states: ['h'], parameters: {}, equations: ({ h }) => ({ h }) }),
    ).toThrow(/needs a name/);
  });
  test('a factory is not a cell', () => {
    expect(() => planFor(cells.gru as never, SIZES)).toThrow(/Expected a cell, .* but was given function/);
  });
});
