import { describe, expect, test } from 'vitest';
import { isInputProjection, type Loop, loopOf, type Pass } from '../src/backend/index.js';
import {
  bias,
  type Expression,
  kernel,
  max,
  recurrentKernel,
  recurrentVector,
  sigmoid,
  slice,
  tanh,
} from '../src/equations/index.js';
import { gradientOf } from '../src/gradient/step-gradient.js';
import { type Cell, cells, defineCell, type Plan, planFor } from '../src/index.js';

const SIZES = { inputSize: 3, units: 4 };

/** The loop of a pass without a mask. */
const loop = (plan: Plan, pass: Pass = 'inference'): Loop => loopOf(plan, pass, { masked: 'no', x: 'steps' });

/** Stages with a matrix product at every step. */
const stagesOf = ({ body }: Loop): number => body.filter(({ products }) => products.length > 0).length;

const operationsOf = ({ body }: Loop) => body.flatMap(({ program }) => program.operations);

/** The values of a step, beside the states, that a forward loop stores: for every step if they are saved. */
const valuesOf = ({ buffers }: Loop, life: 'saved' | 'scratch') =>
  buffers.filter((buffer) => buffer.life === life && buffer.name.startsWith('value')).length;

const variants: Record<string, Cell> = {
  ...Object.fromEntries(Object.entries(cells).map(([name, factory]) => [name, factory()])),
  'gru, reset before': cells.gru({ resetAfter: false }),
  'lstm with peephole': cells.lstm({ peephole: true }),
  'sru version 1': cells.sru({ version: 1 }),
  'sru with full recurrence': cells.sru({ recurrence: 'full' }),
};

describe('stages', () => {
  test.each([
    ['simpleRnn', 1],
    ['lstm', 1],
    ['lstm with peephole', 1],
    ['gru', 1],
    ['gru, reset before', 2],
    ['sru with full recurrence', 2],
    ['liGru', 1],
    ['sru', 0],
    ['sru version 1', 0],
    ['minGru', 0],
    ['indRnn', 0],
  ])('%s has %d, forward and backward', (name, stages) => {
    const plan = planFor(variants[name], SIZES);
    for (const pass of ['inference', 'training', 'gradient'] as const) {
      expect(stagesOf(loop(plan, pass))).toBe(stages);
    }
  });

  test.each(Object.keys(variants))(
    '%s projects its input once by a matrix, all blocks in one product',
    (name) => {
      const plan = planFor(variants[name], SIZES);
      const projections = plan.products.filter(isInputProjection);
      // The gates of mLstm have a matrix of another width.
      const matrices = name === 'mLstm' ? 2 : 1;
      expect(projections).toHaveLength(matrices);
      projections.forEach(({ results }, p) => {
        expect(results).toHaveLength(plan.parameters[p].blocks.length);
      });
      const { before, body, buffers } = loop(plan);
      const readsX = ({ products }: (typeof body)[number]) =>
        products.some(
          (product) => product.kind === 'rows' && buffers[product.left.buffer].source?.kind === 'x',
        );
      expect(before.filter(readsX)).toHaveLength(1);
      expect(body.some(readsX)).toBe(false);
    },
  );

  test('a reset-before GRU multiplies update and reset together, then the candidate', () => {
    const { body } = loop(planFor(cells.gru({ resetAfter: false }), SIZES));
    const columnsOf = ({ products }: (typeof body)[number]) =>
      products.map(
        (product) => product.kind === 'rows' && [product.weights.firstColumn, product.weights.columns],
      );
    const { units } = SIZES;
    expect(body.slice(1).map(columnsOf)).toEqual([[[0, 2 * units]], [[2 * units, units]]]);
  });

  test('an unused block in between divides a product', () => {
    const cell = defineCell({
      name: 'gap',
      states: ['h'],
      parameters: { kernel: kernel('a', 'gap', 'b', 'c') },
      equations: ({ x }, { kernel: W }) => ({ h: W.a(x).add(W.b(x)).mul(W.c(x)) }),
    });
    const groups = planFor(cell, SIZES).products.map((p) => [p.firstBlock, p.results.length]);
    expect(groups).toEqual([
      [0, 1],
      [2, 2],
    ]);
  });
});

describe('saved values', () => {
  test.each([
    // The gradient of tanh needs the new state alone, which is there anyway.
    ['simpleRnn', 0],
    // Four gates and tanh(c).
    ['lstm', 5],
    ['lstm with peephole', 5],
    // z, r, n and r ⊙ h, which the second product reads.
    ['gru, reset before', 4],
    // z, r, n and the product behind the reset gate.
    ['gru', 4],
    ['minGru', 2],
  ])('%s keeps %d', (name, count) => {
    expect(valuesOf(loop(planFor(variants[name], SIZES), 'training'), 'saved')).toBe(count);
  });

  test('without a gradient are only the operands of products', () => {
    expect(valuesOf(loop(planFor(variants.lstm, SIZES)), 'scratch')).toBe(0);
    expect(valuesOf(loop(planFor(variants['gru, reset before'], SIZES)), 'scratch')).toBe(1);
  });
});

test('the operand of a maximum is saved, so that the gradient compares the same bits with it', () => {
  const saved = (operand: (row: Expression) => Expression) => {
    const cell = defineCell({
      name: 'a maximum',
      states: ['h'],
      parameters: {},
      equations: ({ h }) => {
        const row = h.mul(0.3).add(0.1);
        return { h: row.sub(max(operand(row))) };
      },
    });
    const plan = planFor(cell, SIZES);
    return gradientOf(plan).savedValues.map((id) => plan.nodes[id]);
  };
  expect(saved((row) => row)).toContainEqual(expect.objectContaining({ kind: 'operation', name: 'add' }));
  expect(saved((row) => slice(row, 1, 2))).toContainEqual(expect.objectContaining({ kind: 'slice' }));
});

test('a gradient of a matrix starts as zeros unless its products write every column once', () => {
  type Blocks = Readonly<Record<'p' | 'q' | 'r', (row: Expression) => Expression>>;
  const isZeroed = (equation: (h: Expression, g: Expression, U: Blocks) => Expression) => {
    const cell = defineCell({
      name: 'blocks of a matrix',
      states: ['h', 'g'],
      parameters: { recurrentKernel: recurrentKernel('p', 'q', 'r') },
      equations: ({ h, g }, { recurrentKernel: U }) => ({ h: equation(h, g, U), g }),
    });
    const { buffers } = loop(planFor(cell, SIZES), 'gradient');
    return buffers.find(({ source }) => source?.kind === 'parameterGradient')?.zeroed;
  };
  const once = (h: Expression, g: Expression, U: Blocks) => U.p(g).add(U.q(h)).add(U.r(h));
  expect(isZeroed(once)).toBe(false);
  expect(isZeroed((h, g, U) => once(h, g, U).add(U.p(h)))).toBe(true);
  expect(isZeroed((h, _, U) => U.p(h).add(U.q(h)))).toBe(true);
  // Three times the columns of a block, but never the first.
  expect(isZeroed((h, g, U) => U.q(h).add(U.r(h)).add(U.r(g)))).toBe(true);
});

describe('common subexpressions', () => {
  const cellOf = (equation: 'shared' | 'written twice') =>
    defineCell({
      name: 'sharing',
      states: ['h'],
      parameters: { kernel: kernel('a'), recurrentKernel: recurrentKernel('a'), bias: bias('a') },
      equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: b }) => {
        const gate = () => sigmoid(W.a(x).add(U.a(h)).add(b.a));
        if (equation === 'written twice') return { h: gate().mul(h).add(tanh(gate())) };
        const g = gate();
        return { h: g.mul(h).add(tanh(g)) };
      },
    });

  test('are computed once', () => {
    const twice = planFor(cellOf('written twice'), SIZES);
    expect(loop(twice)).toEqual(loop(planFor(cellOf('shared'), SIZES)));
    expect(operationsOf(loop(twice)).filter(({ name }) => name === 'sigmoid')).toHaveLength(1);
    expect(twice.products).toHaveLength(2);
  });

  test('are found in either order of a sum, not of a difference', () => {
    const count = (ops: (a: 'add' | 'sub') => 'add' | 'sub') =>
      operationsOf(
        loop(
          planFor(
            defineCell({
              name: 'order',
              states: ['h'],
              parameters: { recurrentVector: recurrentVector('a') },
              equations: ({ h }, { recurrentVector: v }) => ({
                h: tanh(h[ops('add')](v.a)).mul(sigmoid(v.a[ops('add')](h))),
              }),
            }),
            SIZES,
          ),
        ),
      ).length;
    expect(count(() => 'add')).toBe(4);
    expect(count(() => 'sub')).toBe(5);
  });

  test('operations of numbers are computed once, and neutral operations left out', () => {
    const cell = defineCell({
      name: 'constants',
      states: ['h'],
      parameters: { bias: bias('a') },
      useBias: false,
      equations: ({ h }, { bias: b }) => ({ h: h.mul(1).add(b.a).sub(0).div(1).add(b.a.add(2).mul(3)) }),
    });
    const inference = loop(planFor(cell, SIZES));
    expect(operationsOf(inference).map(({ name }) => name)).toEqual(['add']);
    expect(inference.body[0].program.constants).toEqual([6]);
  });

  test('a product with zero stays: zero times NaN is NaN', () => {
    const cell = defineCell({
      name: 'zero',
      states: ['h'],
      parameters: {},
      equations: ({ h }) => ({ h: h.mul(0) }),
    });
    expect(operationsOf(loop(planFor(cell, SIZES))).map(({ name }) => name)).toEqual(['mul']);
  });
});

describe('a plan', () => {
  test.each(Object.keys(variants))('of %s is plain data', (name) => {
    const plan = planFor(variants[name], SIZES);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    const copy = structuredClone(plan);
    expect(copy).toEqual(plan);
    expect(loop(copy, 'gradient')).toEqual(loop(plan, 'gradient'));
  });

  test('is created once for a cell, its sizes and options', () => {
    const cell = cells.gru({ resetAfter: false });
    const plan = planFor(cell, SIZES);
    expect(planFor(cell, { ...SIZES })).toBe(plan);
    expect(planFor(cell, SIZES, { recurrentDropout: false })).toBe(plan);
    const others = [
      planFor(cells.gru({ resetAfter: false }), SIZES),
      planFor(cell, { inputSize: 4, units: 3 }),
      planFor(cell, SIZES, { recurrentDropout: true }),
    ];
    for (const other of others) expect(other).not.toBe(plan);
  });

  test('has the parameters in storage order with their shapes', () => {
    const shapes = (plan: Plan) => plan.parameters.map(({ name, shape }) => [name, shape]);
    expect(shapes(planFor(variants.lstm, SIZES))).toEqual([
      ['kernel', [3, 16]],
      ['recurrentKernel', [4, 16]],
      ['bias', [16]],
    ]);
    expect(shapes(planFor(variants.gru, SIZES))).toEqual([
      ['kernel', [3, 12]],
      ['recurrentKernel', [4, 12]],
      ['bias', [2, 12]],
    ]);
    expect(shapes(planFor(variants.sru, SIZES))).toEqual([
      ['kernel', [3, 16]],
      ['recurrentVector', [8]],
      ['bias', [8]],
    ]);
    expect(shapes(planFor(variants.sru, { inputSize: 4, units: 4 }))[0]).toEqual(['kernel', [4, 12]]);
    expect(shapes(planFor(cells.gru({ useBias: false }), SIZES)).map(([name]) => name)).toEqual([
      'kernel',
      'recurrentKernel',
    ]);
  });
});

describe('recurrent masks', () => {
  const masksOf = (cell: Cell) =>
    planFor(cell, SIZES, { recurrentDropout: true }).recurrentMasks.map(
      ({ parameter, block }) => `${parameter}.${block}`,
    );

  test('are one for each block of a recurrent kernel, none without dropout', () => {
    expect(masksOf(cells.gru({ resetAfter: false }))).toEqual([
      'recurrentKernel.z',
      'recurrentKernel.r',
      'recurrentKernel.n',
    ]);
    expect(masksOf(cells.lstm())).toEqual(['i', 'f', 'g', 'o'].map((block) => `recurrentKernel.${block}`));
    expect(masksOf(cells.simpleRnn())).toEqual(['recurrentKernel.h']);
    expect(planFor(cells.gru({ resetAfter: false }), SIZES).recurrentMasks).toEqual([]);
  });

  test('are none for cells without recurrent kernels', () => {
    expect(masksOf(cells.sru())).toEqual([]);
    expect(masksOf(cells.indRnn())).toEqual([]);
  });

  test('are one for a block that is used twice', () => {
    const cell = defineCell({
      name: 'twice',
      states: ['h'],
      parameters: { recurrentKernel: recurrentKernel('a', 'b') },
      equations: ({ h }, { recurrentKernel: U }) => ({ h: tanh(U.a(h).add(U.a(tanh(h)))).mul(U.b(h)) }),
    });
    expect(masksOf(cell)).toEqual(['recurrentKernel.a', 'recurrentKernel.b']);
  });
});
