import { describe, expect, test } from 'vitest';
import {
  bias,
  concat,
  greater,
  kernel,
  max,
  mean,
  normalize,
  recurrentKernel,
  recurrentVector,
  repeat,
  slice,
  softmax,
  split,
  sum,
  sumParts,
  tanh,
  tile,
  where,
} from '../src/equations/index.js';
import {
  type CellData,
  cellFrom,
  cellFromData,
  cellFromText,
  cells,
  cellToData,
  defineCell,
  planFor,
  saveCell,
} from '../src/index.js';

const SIZES = { inputSize: 3, units: 4 };

/** Every kind of term, and sizes that are functions. */
const cell = defineCell({
  name: 'every term',
  source: 'a test',
  options: { rate: 0.5, list: [1, 'a'] },
  states: { h: 'units', window: ({ units }) => 2 * units, s: 1 },
  parameters: {
    kernel: { ...kernel('a', 'b'), rows: ({ inputSize, units }) => inputSize + units },
    recurrentKernel: { ...recurrentKernel('g'), groups: 2 },
    gain: { ...recurrentVector('u', 'v'), symbol: 'g', storedRows: 2 },
    bias: { ...bias('a'), initial: { a: 1 } },
  },
  equations: ({ x, h, window, s }, { kernel: W, recurrentKernel: U, gain, bias: b }, { units }) => {
    const row = concat(x, h);
    const a = tanh(normalize(W.a(row)).mul(gain.u).add(U.g(h)).add(b.a)).max(0);
    const scores = softmax(sum(window.mul(tile(W.b(row), 2)), 2));
    const context = sumParts(window.mul(repeat(scores, units)), 2);
    return {
      h: where(greater(a, mean(h)), a, context.mul(gain.v)),
      window: concat(split(window, 2)[1], a),
      s: tanh(max(slice(h, 1, 2)).add(s)),
      named: a,
      output: concat(a, s),
    };
  },
});

/** As in a file. */
const copy = (data: unknown) => JSON.parse(JSON.stringify(data));
const data = cellToData(cell, SIZES);

describe('a cell as data', () => {
  test('becomes the same cell', () => {
    expect(planFor(cellFromData(copy(data)), SIZES)).toEqual(planFor(cell, SIZES));
  });

  test.each(Object.keys(cells) as (keyof typeof cells)[])('%s becomes the same cell', (name) => {
    const built = cells[name]();
    expect(planFor(cellFromData(copy(cellToData(built, SIZES))), SIZES)).toEqual(planFor(built, SIZES));
    const again = copy(cellToData(cellFromData(cellToData(built, SIZES)), SIZES));
    expect(again).toEqual(copy(cellToData(built, SIZES)));
  });

  test('has each value once, also where the equations share it or write it again', () => {
    const doubled = defineCell({
      name: 'doubled',
      states: ['h'],
      parameters: {},
      equations: ({ h }) => ({
        h: Array.from({ length: 60 }).reduce<typeof h>((row) => row.mul(row), h),
        again: h.mul(h),
      }),
    });
    expect(cellToData(doubled, SIZES).terms).toHaveLength(61);
  });

  test('keeps −0', () => {
    const zero = defineCell({
      name: 'zero',
      states: ['h'],
      parameters: {},
      equations: ({ h }) => ({ h: h.max(-0) }),
    });
    const { nodes } = planFor(cellFromData(copy(cellToData(zero, SIZES))), SIZES);
    expect(nodes).toContainEqual({ kind: 'constant', value: -0 });
  });

  test('is for its sizes', () => {
    const message = /saved for inputSize 3 and units 4, but is used with inputSize 3 and units 5/;
    for (const use of [planFor, (made: typeof cell, sizes: typeof SIZES) => made.parameters(sizes)]) {
      expect(() => use(cellFromData(data), { inputSize: 3, units: 5 })).toThrow(message);
    }
  });

  test('is saved by name where it is registered', () => {
    expect(saveCell(cells.gru({ useBias: false }), SIZES)).toEqual({
      name: 'gru',
      options: { useBias: false },
    });
    const saved = saveCell(cell, SIZES);
    expect(saved.definition).toEqual(data);
    expect(planFor(cellFrom(copy(saved)), SIZES)).toEqual(planFor(cell, SIZES));
  });

  test('is saved with its equations where another cell of that name is registered', () => {
    const named = cellFromText('h = tanh(W x + U h)', { name: 'gru' });
    const saved = saveCell(named, SIZES);
    expect(saved.definition).toBeDefined();
    expect(planFor(cellFrom(copy(saved)), SIZES)).toEqual(planFor(named, SIZES));
  });
});

type Draft = Record<keyof CellData, Record<string, unknown>[]>;
type Damage = (given: Draft) => unknown;

const kindOf = (given: Draft, kind: string) =>
  given.terms.find((term) => term.kind === kind) as Record<string, object>;
const set = (target: object, values: object) => void Object.assign(target, values);
const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

const damages: [what: string, damage: Damage, message: RegExp][] = [
  ['no object', () => null, /must be an object as cellToData makes it, but is null/],
  ['a list', () => [], /must be an object .* \[\]/],
  ['a name that is none', (d) => set(d, { name: 5 }), /A cell needs a name/],
  ['an unknown key', (d) => set(d, { code: 'x' }), /has 'code', which is unknown/],
  ['deep options', (d) => set(d, { options: { a: deep(50_000) } }), /nested more than 100/],
  ['no sizes', (d) => set(d, { units: '4' }), /units must be a whole number from 1 to 16777216, but is "4"/],
  ['states that are no list', (d) => set(d, { states: { h: 4 } }), /states must be a list/],
  ['a state twice', (d) => set(d.states[1], { name: 'h' }), /'h' is repeated or reserved/],
  ['a state named __proto__', (d) => set(d.states[1], { name: '__proto__' }), /'__proto__' cannot be a name/],
  [
    'a state without width',
    (d) => set(d.states[1], { width: 0 }),
    /width of states\[1\] must be a whole number/,
  ],
  ['a state of another width', (d) => set(d.states[1], { width: 9 }), /every term', equation/],
  [
    'a parameter named __proto__',
    (d) => set(d.parameters[0], { name: '__proto__' }),
    /'__proto__' cannot be/,
  ],
  ['a parameter twice', (d) => set(d.parameters[3], { name: 'gain' }), /parameter 'gain' is there twice/],
  ['an unknown role', (d) => set(d.parameters[0], { role: 'weight' }), /role of a matrix must be/],
  [
    'a size as text',
    (d) => set(d.parameters[0], { width: 'units' }),
    /'kernel': width must be a whole number/,
  ],
  [
    'a huge width',
    (d) => set(d.parameters[0], { width: 2 ** 40 }),
    /must be a whole number from 1 to 16777216/,
  ],
  ['groups that do not divide', (d) => set(d.parameters[1], { groups: 3 }), /divisible by its 3 groups/],
  ['very many groups', (d) => set(d.parameters[1], { groups: 2 ** 20 }), /list of products .* at most 2000/],
  ['terms that are no list', (d) => set(d, { terms: {} }), /terms must be a list, but is an object/],
  [
    'too many terms',
    (d) => set(d, { terms: Array(10_001).fill({ kind: 'input' }) }),
    /terms has 10001 items/,
  ],
  ['a term that is none', (d) => set(d.terms, { 3: 7 }), /terms\[3\] must be an object, but is 7/],
  ['an unknown kind', (d) => set(d.terms[3], { kind: 'constructor' }), /unknown kind "constructor"/],
  ['a deep kind', (d) => set(d.terms[3], { kind: deep(50_000) }), /unknown kind a list of 1 items/],
  ['an unknown operation', (d) => set(kindOf(d, 'operation'), { name: 'toString' }), /operation "toString"/],
  [
    'an operation with few operands',
    (d) => set(kindOf(d, 'operation'), { inputs: [] }),
    /must have [123] items/,
  ],
  ['an unknown row operation', (d) => set(kindOf(d, 'rowOperation'), { name: 'add' }), /operation "add"/],
  [
    'parts that are no number',
    (d) => set(kindOf(d, 'rowOperation'), { parts: 1.5 }),
    /parts must be a whole/,
  ],
  [
    'parts that do not divide',
    (d) => set(kindOf(d, 'mean'), { parts: 7 }),
    /mean cannot divide a row of shape \[4\] into 7/,
  ],
  ['an index out of range', (d) => set(kindOf(d, 'product'), { operand: 1e6 }), /index of a term before/],
  [
    'a cycle',
    (d) => set(d.terms, { 3: { kind: 'operation', name: 'neg', inputs: [3] } }),
    /index of a term before/,
  ],
  ['an unknown state', (d) => set(kindOf(d, 'state'), { state: 'x' }), /one of h, window, s, but is "x"/],
  [
    'an unknown block',
    (d) => set(kindOf(d, 'product').block, { block: 'z' }),
    /declared matrix, but is "kernel", "z"/,
  ],
  ['a vector as a matrix', (d) => set(kindOf(d, 'product').block, { parameter: 'bias' }), /declared matrix/],
  ['a number that is none', (d) => set(kindOf(d, 'constant'), { value: null }), /finite float32 number/],
  ['a number too large', (d) => set(kindOf(d, 'constant'), { value: 1e300 }), /finite float32 number/],
  ['a slice out of range', (d) => set(kindOf(d, 'slice'), { length: 9 }), /slice takes numbers 1 to 9/],
  ['a result that is missing', (d) => void d.results.shift(), /no result for the state 'h'/],
  ['a result twice', (d) => void d.results.push(d.results[0]), /has the result 'h' twice/],
  [
    'a result named __proto__',
    (d) => set(d.results[3], { name: '__proto__' }),
    /'__proto__' cannot be a name/,
  ],
  ['a result out of range', (d) => set(d.results[0], { term: -1 }), /index of a term/],
  [
    'a row longer than any memory',
    (d) => {
      const long = { kind: 'rowOperation', name: 'tile', parts: 2 ** 20 };
      const first = d.terms.push({ ...long, operand: 0 });
      d.terms.push({ ...long, operand: first - 1 });
      d.results.push({ name: 'long', term: first });
    },
    /has a row of \d+ numbers; at most 16777216/,
  ],
];

test.each(damages)('%s is refused', (_, damage, message) => {
  const damaged = copy(data);
  const result = damage(damaged);
  const refused = () => cellFromData(result === undefined ? damaged : (result as never));
  expect(refused).toThrow(TypeError);
  expect(refused).toThrow(message);
});
