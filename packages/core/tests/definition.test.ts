import { describe, expect, test } from 'vitest';
import { bias, Expression, kernel, recurrentKernel, recurrentVector } from '../src/equations/index.js';
import { type Cell, defineCell, planFor } from '../src/index.js';

const SIZES = { inputSize: 3, units: 4 };

/** A sound definition with some of it changed; the types would refuse most changes, plain JavaScript does not. */
const define = (changes: object): Cell =>
  defineCell({
    name: 'mine',
    states: ['h'],
    parameters: { kernel: kernel('h') },
    equations: (
      { x, h }: { x: Expression; h: Expression },
      p: { kernel: { h(row: Expression): Expression } },
    ) => ({
      h: p.kernel.h(x).add(h),
    }),
    ...changes,
  } as never);

const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  throw new Error('nothing was thrown');
};

test('the unchanged definition is accepted', () => {
  expect(() => planFor(define({}), SIZES)).not.toThrow();
  const options = { rate: 0.5, name: 'a', none: null, absent: undefined, deep: { list: [1, true] } };
  expect(define({ options }).options).toEqual(options);
});

describe('defineCell refuses, naming the cell', () => {
  const wrong: [what: string, changes: object, message: RegExp][] = [
    ['a width of 0', { states: { h: 0 } }, /state 'h': width must be a positive whole number, .* is 0/],
    ['a width of that name', { states: { h: 'unit' } }, /'units', 'inputSize' or a function .* is "unit"/],
    ['a width that is null', { states: { h: null } }, /state 'h': width must be .* is null/],
    ['states as a text', { states: 'h' }, /states must be an array of names .* is "h"/],
    ['a state that is a number', { states: [1] }, /state: a name must be a text .* is 1/],
    ['an empty state name', { states: [''] }, /state: a name must be a text that is not empty/],
    ['a state named __proto__', { states: ['__proto__'] }, /'__proto__' cannot be a name/],
    ["useBias 'no'", { useBias: 'no' }, /useBias must be true or false, but is "no"/],
    ['useBias null', { useBias: null }, /useBias must be true or false, but is null/],
    [
      'equations that are no function',
      { equations: { h: 1 } },
      /equations must be a function, but is an object/,
    ],
    ['no equations', { equations: undefined }, /equations must be a function, but is undefined/],
    ['parameters as an array', { parameters: [kernel('h')] }, /parameters must be a plain object/],
    ['no parameters', { parameters: undefined }, /parameters must be a plain object, .* is undefined/],
    ['a source that is no text', { source: 2018 }, /source must be a text, but is 2018/],
    ['options as a list', { options: ['a'] }, /options must be a plain object, but is \["a"\]/],
    ['an option that is NaN', { options: { rate: Number.NaN } }, /option 'rate': .* as JSON, .* this is NaN/],
    [
      'an option with a function in it',
      { options: { deep: [{ f: Math.tanh }] } },
      /option 'deep': .* function tanh/,
    ],
    ['an option that is a typed array', { options: { a: new Float32Array(1) } }, /option 'a': .* an object/],
    ['an unknown part', { usebias: false }, /has 'usebias', which is unknown. Known: .*useBias/],
  ];
  test.each(wrong)('%s', (_, changes, message) => {
    const given = messageOf(() => define(changes));
    expect(given).toContain("Cell 'mine'");
    expect(given).toMatch(message);
  });

  test('a value that is no definition, or has no name', () => {
    expect(messageOf(() => defineCell(undefined as never))).toMatch(/defineCell takes an object/);
    expect(messageOf(() => define({ name: 3 }))).toMatch(/needs a name, .* given 3/);
  });
});

describe('declarations are refused, naming the cell and the parameter', () => {
  const wrong: [what: string, declaration: unknown, message: RegExp][] = [
    [
      'an unknown form',
      { ...kernel('h'), form: 'tensor' },
      /form must be 'matrix' or 'vector', but is "tensor"/,
    ],
    [
      'an unknown role',
      { ...kernel('h'), role: 'weights' },
      /role of a matrix must be kernel or recurrentKernel or projection, .*"weights"/,
    ],
    [
      'a matrix as bias',
      { ...kernel('h'), role: 'bias' },
      /role of a matrix must be kernel or recurrentKernel/,
    ],
    [
      'a vector as kernel',
      { ...bias('h'), role: 'kernel' },
      /role of a vector must be bias or recurrentVector/,
    ],
    [
      'storedRows −1',
      { ...bias('h'), storedRows: -1 },
      /storedRows must be a positive whole number, but is -1/,
    ],
    ['storedRows 0', { ...bias('h'), storedRows: 0 }, /storedRows must be a positive whole number, but is 0/],
    [
      'storedRows ½',
      { ...bias('h'), storedRows: 0.5 },
      /storedRows must be a positive whole number, but is 0.5/,
    ],
    ['storedRows NaN', { ...bias('h'), storedRows: Number.NaN }, /storedRows must be a positive whole/],
    ['a matrix of two rows', { ...kernel('a', 'b'), storedRows: 2 }, /2 blocks cannot be stored in 2 rows/],
    [
      'initial of another block',
      { ...bias('h'), initial: { f: 1 } },
      /initial names the unknown block 'f'\. Blocks: h/,
    ],
    [
      'initial NaN',
      { ...bias('h'), initial: { h: Number.NaN } },
      /initial value of 'h' must be a finite .* NaN/,
    ],
    ['initial as a text', { ...bias('h'), initial: { h: '1' } }, /initial value of 'h' .* is "1"/],
    ['initial beyond float32', { ...bias('h'), initial: { h: 1e39 } }, /initial value of 'h' .* is 1e\+39/],
    ['initial as a number', { ...bias('h'), initial: 1 }, /initial must be a plain object/],
    ['blocks that are no texts', { ...bias('h'), blocks: [1, 2] }, /block: a name must be a text .* is 1/],
    ['blocks as a text', { ...bias('h'), blocks: 'zr' }, /blocks must be an array of names .* is "zr"/],
    ['a block named __proto__', bias('__proto__'), /'__proto__' cannot be a name/],
    ['a symbol that is no text', { ...bias('h'), symbol: 7 }, /symbol must be a text .* is 7/],
    [
      'an unknown part',
      { ...bias('h'), intial: { h: 1 } },
      /has 'intial', which is unknown. Known: .*initial/,
    ],
    ['the factory itself', bias, /expected a declaration .* got the function bias/],
    ['nothing', undefined, /expected a declaration .* got undefined/],
  ];
  test.each(wrong)('%s', (_, declaration, message) => {
    const parameters = { kernel: kernel('h'), other: declaration };
    for (const call of [
      () => define({ parameters }),
      () => define({ parameters: () => parameters }).parameters(SIZES),
    ]) {
      const given = messageOf(call);
      expect(given).toContain("Cell 'mine', parameter 'other'");
      expect(given).toMatch(message);
    }
  });

  test('a function of the sizes that returns no declarations', () => {
    expect(messageOf(() => define({ parameters: () => undefined }).parameters(SIZES))).toMatch(
      /Cell 'mine': parameters must be a plain object .* is undefined/,
    );
  });

  test('__proto__ as a parameter, in braces and as a property of its own', () => {
    const inBraces = { __proto__: kernel('h') };
    expect(messageOf(() => define({ parameters: inBraces }))).toMatch(/parameters must be a plain object/);
    const own = Object.fromEntries([['__proto__', kernel('h')]]);
    expect(messageOf(() => define({ parameters: own }))).toMatch(/parameter: '__proto__' cannot be a name/);
  });
});

describe('names of members that every object inherits', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'] as const;

  test.each(names)('%s is a state, a parameter, a block and an equation like any other', (name) => {
    const cell = defineCell({
      name: 'mine',
      states: [name],
      parameters: { [name]: recurrentVector(name), kernel: kernel('a') },
      equations: (rows, parameters) => {
        const v = parameters[name] as unknown as Record<string, Expression>;
        const W = parameters.kernel as unknown as Record<string, (row: Expression) => Expression>;
        return { [name]: W.a(rows.x).add(v[name].mul(rows[name])) } as never;
      },
    });
    const plan = planFor(cell, SIZES);
    expect(plan.states).toEqual([name]);
    expect(plan.parameters.map((parameter) => parameter.name)).toEqual([name, 'kernel']);
    expect(plan.names[name]).toBe(plan.newStates[0]);
  });

  test('a state of such a name that the equations do not return is an error', () => {
    const message = messageOf(() => define({ states: ['toString'], equations: () => ({}) }).results(SIZES));
    expect(message).toMatch(/must return a new 'toString', but returned nothing/);
  });

  test('an equation named __proto__', () => {
    const own = (h: Expression) =>
      Object.fromEntries([
        ['h', h],
        ['__proto__', h],
      ]);
    const equations = ({ h }: { h: Expression }) => own(h);
    expect(messageOf(() => define({ equations }).results(SIZES))).toMatch(/'__proto__' cannot be a name/);
    const inBraces = ({ h }: { h: Expression }) => ({ h, __proto__: h });
    expect(messageOf(() => define({ equations: inBraces }).results(SIZES))).toMatch(/must return an object/);
  });
});

describe('numbers that are not finite are refused, naming the cell and the equation', () => {
  const number = (value: number) => new Expression({ kind: 'constant', value });
  const wrong: [what: string, row: (h: Expression) => Expression, message: RegExp][] = [
    ['0 / 0', (h) => h.add(number(0).div(0)), /'div' of numbers gives NaN/],
    ['1 / 0', (h) => h.add(number(1).div(0)), /'div' of numbers gives Infinity/],
    ['a product beyond float32', (h) => h.add(number(1e30).mul(1e30)), /'mul' of numbers gives 1.*e\+60/],
    ['NaN in an expression of its own', (h) => h.add(number(Number.NaN)), /the number NaN/],
  ];
  test.each(wrong)('%s', (_, row, message) => {
    const equations = ({ h }: { h: Expression }) => ({ h: row(h) });
    const given = messageOf(() => planFor(define({ equations }), SIZES));
    expect(given).toContain("Cell 'mine', equation 'h'");
    expect(given).toMatch(message);
  });

  test('a number beyond float32, with its place', () => {
    const equations = ({ h }: { h: Expression }) => ({ h: h.mul(1e39) });
    expect(messageOf(() => define({ equations }).results(SIZES))).toMatch(
      /mul: a number .* must be finite, but is 1e\+39, too large for float32/,
    );
  });
});

test('a parameter of each role passes', () => {
  const parameters = {
    kernel: kernel('h'),
    recurrentKernel: recurrentKernel('h'),
    recurrentVector: recurrentVector('h'),
    bias: { ...bias('h', 'g'), storedRows: 2, initial: { h: 1, g: undefined } },
  };
  expect(
    define({ parameters })
      .parameters(SIZES)
      .map(({ shape }) => shape),
  ).toEqual([[3, 4], [4, 4], [4], [2, 4]]);
});
