import { describe, expect, test } from 'vitest';
import { isInputProjection, type Loop, loopOf, type Reference } from '../src/backend/index.js';
import {
  clip,
  concat,
  type Expression,
  exp,
  kernel,
  max,
  mean,
  normalize,
  normalizeRms,
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
  zeros,
} from '../src/equations/index.js';
import { cells, defineCell, planFor, referenceForward, referenceGradient } from '../src/index.js';
import { toPyTorch } from '../src/pytorch/module.js';
import { numbers } from './problem.js';

/** What a row becomes, and the gradient of the sum of squares of the result. */
function apply(equation: (x: Expression) => Expression, row: readonly number[]) {
  const cell = defineCell({
    name: 'one row',
    states: ['h'],
    parameters: {},
    equations: ({ x, h }) => ({ h, output: equation(x) }),
  });
  const plan = planFor(cell, { inputSize: row.length, units: 1 });
  const inputs = { batch: 1, timesteps: 1, x: Float64Array.from(row), parameters: [] };
  const { sequence } = referenceForward(plan, inputs);
  const gradient = referenceGradient(plan, inputs, { sequence: sequence.map((value) => 2 * value) });
  return { result: [...sequence], gradient: [...gradient.x] };
}

const ROW = [3, -1, 4, 1, -5, 2];

describe('operations on whole rows', () => {
  const cases: [what: string, equation: (x: Expression) => Expression, expected: number[]][] = [
    ['sum', (x) => sum(x), [4]],
    ['sum of parts', (x) => sum(x, 2), [6, -2]],
    ['mean of parts', (x) => mean(x, 3), [1, 2.5, -1.5]],
    ['max', (x) => max(x), [4]],
    ['max of parts', (x) => max(x, 3), [3, 4, 2]],
    ['sum of parts, number by number', (x) => sumParts(x, 3), [2, 2]],
    ['repeat', (x) => repeat(slice(x, 0, 2), 3), [3, 3, 3, -1, -1, -1]],
    ['tile', (x) => tile(slice(x, 0, 2), 3), [3, -1, 3, -1, 3, -1]],
    ['tile of parts', (x) => tile(slice(x, 0, 4), 2, 2), [3, -1, 3, -1, 4, 1, 4, 1]],
    ['concat', (x) => concat(slice(x, 4, 2), x.mul(2), sum(x)), [-5, 2, 6, -2, 8, 2, -10, 4, 4]],
    ['split', (x) => split(x, 3)[1].sub(split(x, 3)[0]), [1, 2]],
    ['overlapping slices', (x) => slice(x, 0, 4).mul(slice(x, 2, 4)), [12, -1, -20, 2]],
    ['clip', (x) => clip(x, -1, 3), [3, -1, 3, 1, -1, 2]],
    ['one number for a row', (x) => x.mul(sum(x)), ROW.map((value) => 4 * value)],
  ];
  test.each(cases)('%s', (_, equation, expected) => {
    expect(apply(equation, ROW).result).toEqual(expected);
  });

  test('softmax of parts sums to 1 in each, and does not overflow', () => {
    const { result } = apply((x) => softmax(x.mul(300), 2), ROW);
    for (const part of [result.slice(0, 3), result.slice(3)])
      expect(part.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  test('normalize gives mean 0 and variance 1', () => {
    const { result } = apply((x) => normalize(x, { epsilon: 0 }), ROW);
    expect(result.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
    expect(result.reduce((a, b) => a + b * b, 0) / 6).toBeCloseTo(1, 12);
  });

  test('normalizeRms gives a mean square of 1', () => {
    const { result } = apply((x) => normalizeRms(x, { epsilon: 0, parts: 2 }), ROW);
    for (const part of [result.slice(0, 3), result.slice(3)])
      expect(part.reduce((a, b) => a + b * b, 0) / 3).toBeCloseTo(1, 12);
  });

  const differentiable = [
    ...cases.map(([what, equation]) => [what, equation] as const),
    ['softmax', (x: Expression) => softmax(x, 2)] as const,
    ['normalize', (x: Expression) => normalize(x, { parts: 2 })] as const,
    ['normalizeRms', (x: Expression) => normalizeRms(x)] as const,
  ];
  test.each(differentiable)('the gradient of %s is that of central differences', (_, equation) => {
    const row = [...numbers(11)(6)];
    const { gradient } = apply(equation, row);
    const step = 1e-6;
    const squares = (values: number[]) =>
      apply(equation, values).result.reduce((total, value) => total + value * value, 0);
    row.forEach((value, i) => {
      const difference = squares(row.with(i, value + step)) - squares(row.with(i, value - step));
      expect(gradient[i]).toBeCloseTo(difference / (2 * step), 6);
    });
  });

  test('equal largest numbers share the cotangent', () => {
    expect(apply((x) => max(x), [2, 1, 2]).gradient).toEqual([2, 0, 2]);
  });
});

describe('lengths of rows', () => {
  const cell = defineCell({
    name: 'narrow',
    states: { h: 2, window: ({ units }) => 2 * units },
    parameters: {
      kernel: kernel('a'),
      recurrentKernel: { ...recurrentKernel('a'), rows: ({ units }) => 2 * units },
      down: { ...kernel('d'), rows: 'units', width: 2 },
      grouped: { ...recurrentKernel('g'), groups: 2 },
    },
    equations: ({ x, window }, { kernel: W, recurrentKernel: U, down, grouped }) => {
      const a = tanh(W.a(x).add(U.a(window)));
      return { h: down.d(a), window: concat(split(window, 2)[1], grouped.g(a)), output: sum(a, 2) };
    },
  });
  const plan = planFor(cell, { inputSize: 3, units: 4 });

  test('are declared by numbers, names and functions', () => {
    expect(plan.stateWidths).toEqual([2, 8]);
    expect(plan.outputWidth).toBe(2);
    expect(plan.parameters.map(({ shape }) => shape)).toEqual([
      [3, 4],
      [8, 4],
      [4, 2],
      [2, 4],
    ]);
  });

  test('a matrix over rows that are put together is a sum of products', () => {
    const joined = defineCell({
      name: 'joined',
      states: ['h'],
      parameters: { kernel: { ...kernel('a'), rows: ({ inputSize, units }) => inputSize + units } },
      equations: ({ x, h }, { kernel: W }) => ({ h: tanh(W.a(concat(x, h))) }),
    });
    const { products } = planFor(joined, { inputSize: 3, units: 4 });
    expect(products.map(({ firstRow, rows }) => [firstRow, rows])).toEqual([
      [0, 3],
      [3, 4],
    ]);
    expect(products.map(isInputProjection)).toEqual([true, false]);
  });

  test('a loop is plain data', () => {
    for (const pass of ['inference', 'training', 'gradient'] as const) {
      const loop = loopOf(plan, pass, { masked: 'repeat', x: 'copied' });
      expect(JSON.parse(JSON.stringify(loop))).toEqual(loop);
      expect(loopOf(structuredClone(plan), pass, { masked: 'repeat', x: 'copied' })).toEqual(loop);
    }
  });

  test('an output of one number does not repeat the wider state that stands for it', () => {
    const wide = defineCell({
      name: 'wide',
      states: ['h'],
      parameters: {},
      equations: ({ x, h }) => {
        const total = sum(x).add(sum(h));
        return { h: total, output: total };
      },
    });
    const inputs = { batch: 1, timesteps: 3, x: Float64Array.of(1, 2, 3), parameters: [] };
    const initialStates = [Float64Array.of(1, 2)];
    const mask = Float64Array.of(0, 1, 0);
    const ofSizes = planFor(wide, { inputSize: 1, units: 2 });
    const { sequence } = referenceForward(ofSizes, { ...inputs, initialStates, mask });
    expect([...sequence]).toEqual([0, 5, 5]);
  });

  test('groups that do not divide a row are refused', () => {
    expect(() => planFor(cell, { inputSize: 3, units: 5 })).toThrow(
      /'grouped': width must be .* divisible by its 2 groups, but is 5/,
    );
  });
});

describe('initial values of columns', () => {
  const cell = (initial: readonly number[]) =>
    defineCell({
      name: 'started',
      states: ['h'],
      parameters: { kernel: kernel('h'), scale: { ...recurrentVector('s'), initial: { s: initial } } },
      equations: ({ x, h }, { kernel: W, scale }) => ({ h: W.h(x).add(h.mul(scale.s)) }),
    });

  test('repeat over a block', () => {
    const [, { initial }] = cell([1, 2]).parameters({ inputSize: 3, units: 4 });
    expect(initial).toEqual({ s: [1, 2] });
    expect(toPyTorch(cell([1, 2]), { inputSize: 3, units: 4 })).toContain(
      'self.scale.view(-1)[0:4] = torch.tensor([1, 2]).repeat(2)',
    );
  });

  test('are refused where they do not fit', () => {
    expect(() => cell([1, 2]).parameters({ inputSize: 3, units: 5 })).toThrow(
      /'scale': 2 initial values of 's' do not repeat to its 5 columns/,
    );
    expect(() => cell([])).toThrow(/initial value of 's' must be a finite float32 number, but is \[\]/);
    expect(() => cell([1, Number.NaN])).toThrow(/initial value of 's' must be a finite float32 number/);
  });
});

test('parameters with the same symbol have names of their own in a printed module', () => {
  const gains = { ...recurrentVector('a'), symbol: 'γ' };
  const cell = defineCell({
    name: 'same symbols',
    states: ['h'],
    parameters: { first: gains, second: gains },
    equations: ({ x, h }, { first, second }) => ({ h: x.mul(first.a).add(h.mul(second.a)) }),
  });
  const module = toPyTorch(cell, { inputSize: 2, units: 2 });
  const [first, second] = ['first', 'second'].map(
    (name) => new RegExp(`(\\w+) = self\\.${name}\\.reshape`).exec(module)?.[1],
  );
  expect(module).toContain(`h = x * ${first} + h_previous * ${second}`);
  expect(first).not.toBe(second);
});

test('numbers and renamed inputs in a printed module', () => {
  const cell = defineCell({
    name: 'numbers as rows',
    states: ['h'],
    parameters: {
      kernel: kernel('h'),
      one: { ...kernel('a'), symbol: 'V', rows: 1 },
    },
    equations: ({ x, h }, { kernel: W, one }) => ({
      h: W.h(x).add(one.a(exp(zeros(1)))),
      inner: x,
      output: concat(h, zeros(3)),
    }),
  });
  const module = toPyTorch(cell, { inputSize: 2, units: 2 });
  // A number has no methods of a tensor, and the product of the whole sequence knows no names of a step.
  expect(module).toContain('(1 + x.new_zeros(x.shape[0], 1)) @ self.one');
  expect(module).toContain('torch.repeat_interleave(0 + x.new_zeros(x.shape[0], 1), 3, -1)');
  expect(module).toContain('return [x @ self.kernel]');
});

describe('a time step of a loop', () => {
  interface Use {
    readonly kind: 'read' | 'write';
    readonly rows: Reference;
  }

  /** What a step reads and writes, in order. */
  const usesOf = ({ body }: Loop): Use[] =>
    body.flatMap(({ products, program }) => [
      ...products.flatMap((product): Use[] => {
        const read = product.kind === 'row' ? product.operand : product.left;
        return [
          { kind: 'read', rows: read },
          { kind: 'write', rows: product.result },
        ];
      }),
      ...program.loads.map((rows): Use => ({ kind: 'read', rows })),
      ...program.stores.map(({ slot }): Use => ({ kind: 'write', rows: slot })),
    ]);

  const overlap = (a: Reference, b: Reference) =>
    a.buffer === b.buffer && a.at === b.at && a.column < b.column + b.width && b.column < a.column + a.width;

  const partsAndMore = defineCell({
    name: 'parts of a row, and longer work beside it',
    states: ['h'],
    parameters: { recurrentKernel: recurrentKernel('a', 'b', 'c') },
    equations: ({ x, h }, { recurrentKernel: U }) => {
      const [a, b] = split(normalize(concat(U.a(h), U.b(h))), 2);
      return {
        h: tanh(
          a
            .add(b)
            .add(normalize(U.c(h)))
            .add(sum(x)),
        ),
      };
    },
  });
  const layerNormLstm = cells.lstm({ layerNorm: true });
  const layerNormGru = cells.gru({ layerNorm: true });
  const layerNormSru = cells.sru({ layerNorm: true, projection: 2 });
  const list = [partsAndMore, layerNormLstm, layerNormGru, layerNormSru];
  test.each(list.map((cell) => [cell.name, cell] as const))('reads what it has written: %s', (_, cell) => {
    const plan = planFor(cell, { inputSize: 3, units: 4 });
    for (const pass of ['inference', 'training', 'gradient'] as const) {
      for (const masked of ['no', 'repeat', 'zero'] as const) {
        const loop = loopOf(plan, pass, { masked, x: 'copied' });
        const uses = usesOf(loop);
        const early = uses.filter(
          (use, i) =>
            use.kind === 'read' &&
            uses.slice(i + 1).some((later) => later.kind === 'write' && overlap(later.rows, use.rows)),
        );
        expect(early.map(({ rows }) => loop.buffers[rows.buffer].name)).toEqual([]);
      }
    }
  });

  const partOfVector = defineCell({
    name: 'products of a part of a parameter',
    states: ['h'],
    parameters: {
      kernel: kernel('h'),
      recurrentKernel: { ...recurrentKernel('h'), rows: 2 },
      recurrentVector: recurrentVector('v'),
    },
    equations: ({ x, h }, { kernel: W, recurrentKernel: U, recurrentVector: v }) => ({
      h: tanh(W.h(x).add(U.h(slice(v.v, 1, 2)))).add(h),
    }),
  });
  const ofParts = [partOfVector, cells.rgLru({ heads: 2 }), cells.mLstm({ heads: 2 })];
  test.each(ofParts.map((cell) => [cell.name, cell] as const))(
    'multiplies rows that steps write: %s',
    (_, cell) => {
      const plan = planFor(cell, { inputSize: 3, units: 4 });
      for (const pass of ['inference', 'training'] as const) {
        const loop = loopOf(plan, pass, { masked: 'no', x: 'sequence' });
        const written = usesOf(loop).flatMap(({ kind, rows }) => (kind === 'write' ? [rows.buffer] : []));
        const multiplied = loop.body.flatMap(({ products }) =>
          products.flatMap((product) => (product.kind === 'rows' ? [product.left.buffer] : [])),
        );
        expect(written).toEqual(expect.arrayContaining(multiplied));
      }
    },
  );
});
