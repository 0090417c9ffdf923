import { describe, expect, test } from 'vitest';
import {
  type LoopOptions,
  loopOf,
  type ParallelLoop,
  type Pass,
  parallelLoopOf,
  type SequenceInputs,
  type Source,
} from '../src/backend/index.js';
import { type Expression, greater, kernel, max, repeat, sum, tanh, where } from '../src/equations/index.js';
import { type Cell, cells, defineCell, planFor, referenceForward, referenceGradient } from '../src/index.js';
import { EvaluatedLoop } from './evaluate-loop.js';
import { problem } from './problem.js';

const NO_MASK: LoopOptions = { masked: 'no', x: 'sequence' };

/** The passes of a cell that have a parallel loop. */
function parallelPasses(cell: Cell, options = NO_MASK): Pass[] {
  const plan = planFor(cell, { inputSize: 8, units: 8 });
  const passes: Pass[] = ['inference', 'training', 'gradient'];
  return passes.filter((pass) => parallelLoopOf(plan, pass, options) !== null);
}

const EVERY: Pass[] = ['inference', 'training', 'gradient'];
const GRADIENT: Pass[] = ['gradient'];

describe('the recurrences that are linear', () => {
  const ofCatalogue: Record<keyof typeof cells, Pass[]> = {
    simpleRnn: [],
    lstm: [],
    gru: [],
    sru: GRADIENT,
    minGru: EVERY,
    minLstm: EVERY,
    indRnn: GRADIENT,
    liGru: [],
    sLstm: [],
    // The stabiliser is a maximum, but the matrix and its normaliser are linear in their cotangents.
    mLstm: GRADIENT,
    rgLru: EVERY,
    qrnn: EVERY,
    cfc: [],
    s6: EVERY,
    attentionGru: [],
  };
  test.each(Object.entries(ofCatalogue))('of %s', (name, passes) => {
    const cell = cells[name as keyof typeof cells]();
    for (const masked of ['no', 'repeat', 'zero'] as const) {
      expect(parallelPasses(cell, { masked, x: 'sequence' })).toEqual(passes);
    }
  });

  test.each([
    ['an SRU without state vectors', cells.sru({ version: 1 }), EVERY],
    ['an SRU of version 1 with an activation', cells.sru({ version: 1, activation: 'tanh' }), EVERY],
    ['an SRU with full recurrence', cells.sru({ recurrence: 'full' }), []],
    ['an IndRNN with a linear activation', cells.indRnn({ activation: 'linear' }), EVERY],
    ['a GRU with a linear activation', cells.gru({ activation: 'linear' }), []],
  ])('of %s', (_, cell, passes) => {
    expect(parallelPasses(cell)).toEqual(passes);
  });

  type Rows = Readonly<Record<'x' | 'a' | 'b', Expression>>;
  const twoStates = (equations: (rows: Rows) => { a: Expression; b: Expression }): Cell =>
    defineCell({ name: 'two states', states: ['a', 'b'], parameters: {}, equations });
  const equations: [what: string, of: (rows: Rows) => { a: Expression; b: Expression }, passes: Pass[]][] = [
    ['a square', ({ x, a, b }) => ({ a: a.mul(a).add(x), b }), GRADIENT],
    ['a division by the state', ({ x, a, b }) => ({ a: x.div(a), b }), GRADIENT],
    ['a choice by the state', ({ x, a, b }) => ({ a: where(greater(a, 0), a, x), b }), GRADIENT],
    ['numbers of other units', ({ x, a, b }) => ({ a: repeat(sum(a), 8).add(x), b }), []],
    ['states that take turns', ({ x, a, b }) => ({ a: b.add(x), b: a }), []],
    ['a state for another one', ({ x, a, b }) => ({ a: x.mul(0.5).sub(a), b: tanh(a).mul(b).add(a) }), EVERY],
    [
      'the new state for another one',
      ({ x, a, b }) => {
        const next = a.oneMinus().mul(x);
        return { a: next, b: next.mul(x).sub(b.neg().div(x.mul(x).add(2))) };
      },
      EVERY,
    ],
    ['the input alone', ({ x }) => ({ a: x, b: x.sub(x).add(1) }), EVERY],
    [
      'one number for a row',
      ({ x, a, b }) => ({ a: where(greater(max(x), 0), a, x), b: b.mul(sum(x)) }),
      EVERY,
    ],
  ];
  test.each(equations)('of %s', (_, of, passes) => {
    expect(parallelPasses(twoStates(of))).toEqual(passes);
  });

  test('a parallel loop has one recurrence for each state, and no steps', () => {
    const plan = planFor(cells.s6({ stateSize: 3 }), { inputSize: 6, units: 8 });
    const { body, before, buffers } = parallelLoopOf(plan, 'inference', NO_MASK) as ParallelLoop;
    expect(body).toEqual([]);
    const scans = before.flatMap(({ products }) => products.filter(({ kind }) => kind === 'scan'));
    const state = buffers.findIndex(({ name }) => name === 'state 0');
    expect(scans).toEqual([
      {
        kind: 'scan',
        factor: expect.objectContaining({ width: 24 }),
        addend: expect.objectContaining({ width: 24 }),
        from: { buffer: state, at: 'before', column: 0, width: 24 },
        to: { buffer: state, at: 'after', column: 0, width: 24 },
      },
    ]);
  });

  test('steps are left as they are', () => {
    const plan = planFor(cells.minGru(), { inputSize: 6, units: 8 });
    const steps = loopOf(plan, 'training', NO_MASK);
    expect(
      [...steps.before, ...steps.body].flatMap(({ products }) => products.map(({ kind }) => kind)),
    ).toEqual(['rows']);
  });
});

test('a row that a choice leaves out does not matter, not even NaN', () => {
  const cell = defineCell({
    name: 'choice',
    states: ['h'],
    parameters: {},
    equations: ({ x, h }) => ({ h: where(greater(x, 0), h.mul(x), x) }),
  });
  const plan = planFor(cell, { inputSize: 1, units: 1 });
  const loop = parallelLoopOf(plan, 'inference', NO_MASK) as ParallelLoop;
  const x = Float64Array.of(2, -1, 0.5);
  const given = ({ kind }: Source) => ({ x, initialState: Float64Array.of(Number.NaN) })[kind as 'x'];
  const evaluated = new EvaluatedLoop(loop, { batch: 1, timesteps: 3 }, given);
  expect([...evaluated.result('output')]).toEqual([Number.NaN, -1, -0.5]);
});

describe('the numbers of a parallel loop are those of the reference', () => {
  const variants: Record<string, Cell> = {
    'sru, version 1': cells.sru({ version: 1 }),
    'sru, version 1, tanh, no highway': cells.sru({ version: 1, activation: 'tanh', highway: false }),
    minGru: cells.minGru(),
    minLstm: cells.minLstm(),
    'indRnn, linear': cells.indRnn({ activation: 'linear' }),
    rgLru: cells.rgLru({ heads: 2 }),
    qrnn: cells.qrnn(),
    s6: cells.s6({ stateSize: 3, rank: 2 }),
    'a chain of states': defineCell({
      name: 'chain',
      states: ['a', 'b'],
      parameters: { kernel: kernel('a', 'o'), out: { ...kernel('o'), rows: 'units' } },
      equations: ({ x, a, b }, { kernel: W, out }) => {
        const next = tanh(W.a(x))
          .mul(a)
          .add(x.mul(0.5).sub(W.o(x)));
        const other = where(greater(x, 0), b.mul(tanh(next)), a);
        return { a: next, b: other, output: out.o(other).add(next) };
      },
    }),
    'every linear operation': defineCell({
      name: 'operations',
      states: ['a', 'b'],
      parameters: {},
      equations: ({ x, a, b }) => {
        const factor = tanh(x);
        const quotient = a.mul(factor).add(x).oneMinus().div(x.mul(x).add(1));
        const next = factor.sub(quotient).neg();
        const chosen = where(greater(x, 0), b.neg(), x).add(b.mul(factor));
        return { a: next, b: chosen, output: next.mul(b) };
      },
    }),
    'the gradient of an sru': cells.sru(),
    'the gradient of an indRnn': cells.indRnn(),
    'the gradient of an mLstm': cells.mLstm({ heads: 2 }),
  };
  type More = Partial<SequenceInputs<Float64Array>>;
  const cases: [what: string, more: More, x?: LoopOptions['x']][] = [
    ['no mask', {}],
    ['x copied', {}, 'copied'],
    ['reversed, time before batch', { reverse: true, timeMajor: true }],
    ['zero initial states', { initialStates: undefined }],
    ['a mask', { mask: undefined }],
    ['a mask, zero output, reversed', { mask: undefined, maskedOutput: 'zero', reverse: true }],
    ['a mask, x copied', { mask: undefined }, 'copied'],
  ];
  const shape = { batch: 3, timesteps: 7, inputSize: 8, units: 8 };

  test.each(
    Object.entries(variants).flatMap(([name, cell]) =>
      cases.map(([what, more, x]) => ({ name: `${name}: ${what}`, cell, more, x: x ?? 'sequence' })),
    ),
  )('$name', ({ cell, more, x }) => {
    const { plan, inputs: given, random } = problem(cell, shape);
    const { batch, timesteps } = shape;
    const mask = Float64Array.from({ length: batch * timesteps }, (_, i) => Number(i % 3 !== 1 && i % 7 < 6));
    const inputs = { ...given, ...more, ...('mask' in more && { mask }) };
    const cotangents = {
      sequence: random(batch * timesteps * plan.outputWidth),
      states: plan.stateWidths.map((width) => random(batch * width)),
    };
    const forward = referenceForward(plan, inputs);
    const gradient = referenceGradient(plan, inputs, cotangents);
    const options = { masked: inputs.mask ? (inputs.maskedOutput ?? 'repeat') : 'no', x } as const;
    const giver =
      (output?: Float64Array) =>
      (source: Source): Float64Array | undefined => {
        switch (source.kind) {
          case 'x':
            return inputs.x;
          case 'mask':
            return inputs.mask;
          case 'output':
            return output;
          case 'outputCotangent':
            return cotangents.sequence;
          case 'stateCotangent':
            return cotangents.states[source.index];
          case 'initialState':
            return inputs.initialStates?.[source.index];
          case 'parameter':
            return inputs.parameters[source.index];
          default:
            return undefined;
        }
      };
    const loopsForward = (['inference', 'training'] as const).map(
      (pass) => parallelLoopOf(plan, pass, options) ?? loopOf(plan, pass, options),
    );
    let saved: ReadonlyMap<string, Float64Array> = new Map();
    for (const loop of loopsForward) {
      const evaluated = new EvaluatedLoop(loop, inputs, giver());
      saved = evaluated.saved;
      expectClose(evaluated.result('output'), forward.sequence);
      forward.states.forEach((state, s) => {
        expectClose(evaluated.result('finalState', s), state);
      });
    }
    const loop = parallelLoopOf(plan, 'gradient', options) as ParallelLoop;
    const evaluated = new EvaluatedLoop(loop, inputs, giver(forward.sequence), saved);
    expectClose(evaluated.result('xGradient'), gradient.x);
    gradient.parameters.forEach((values, p) => {
      expectClose(evaluated.result('parameterGradient', p), values);
    });
    gradient.initialStates.forEach((values, s) => {
      expectClose(evaluated.result('initialStateGradient', s), values);
    });
  });
});

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual).toHaveLength(expected.length);
  const errors = Array.from(
    expected,
    (value, i) => Math.abs(actual[i] - value) / Math.max(1, Math.abs(value)),
  );
  expect(errors.reduce((worst, error) => (error <= worst ? worst : error), 0)).toBeLessThan(1e-12);
}
