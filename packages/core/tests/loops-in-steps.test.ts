import { expect, test } from 'vitest';
import {
  type Loop,
  type LoopOptions,
  loopOf,
  type SequenceInputs,
  type Source,
} from '../src/backend/index.js';
import { type Cell, cells } from '../src/index.js';
import { EvaluatedLoop } from './evaluate-loop.js';
import { numbers, problem } from './problem.js';

const SHAPE = { batch: 3, timesteps: 4, inputSize: 4, units: 4 };
const MASK = Float64Array.of(1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1);

const variants: Record<string, () => Cell> = {
  ...cells,
  cfc: () => cells.cfc({ backboneUnits: 6 }),
  'gru, reset before': () => cells.gru({ resetAfter: false }),
  'lstm, layer norm': () => cells.lstm({ layerNorm: true }),
};

/** What a call gives and returns; the order of gradients and states is the plan's. */
function callsOf(cell: Cell, { masked, x, byRows }: LoopOptions) {
  const { plan, inputs } = problem(cell, SHAPE);
  const random = numbers(5);
  const call: SequenceInputs<Float64Array> = {
    ...inputs,
    reverse: byRows ? byRows === -1 : masked === 'zero' && x === 'copied',
    timeMajor: !byRows && x === 'steps',
  };
  const cotangents = {
    sequence: random(SHAPE.batch * SHAPE.timesteps * plan.outputWidth),
    states: plan.stateWidths.map((width) => random(SHAPE.batch * width)),
  };
  const given =
    (output?: Float64Array) =>
    (source: Source): Float64Array | undefined => {
      if (source.kind === 'x') return call.x;
      if (source.kind === 'mask') return MASK;
      if (source.kind === 'output') return output;
      if (source.kind === 'outputCotangent') return cotangents.sequence;
      if (source.kind === 'stateCotangent') return cotangents.states[source.index];
      if (source.kind === 'initialState') return call.initialStates?.[source.index] as Float64Array;
      if (source.kind === 'parameter') return call.parameters[source.index];
      return undefined;
    };
  return { plan, call, given };
}

const resultsOf = (loop: Loop, { numbers }: EvaluatedLoop) =>
  new Map(
    loop.buffers.flatMap(({ life, name }, i) =>
      life === 'result' ? [[name, [...numbers[i]]] as const] : [],
    ),
  );

/**
 * What all passes return, the gradient with the values that the forward pass has saved.
 *
 * @param calls the options that say how the call is. Default: those of the gradient.
 */
function evaluate(cell: Cell, forward: LoopOptions, gradient: LoopOptions, calls = gradient) {
  const { plan, call, given } = callsOf(cell, calls);
  const [inference, training] = (['inference', 'training'] as const).map((pass) => {
    const loop = loopOf(plan, pass, forward);
    return { loop, evaluated: new EvaluatedLoop(loop, call, given()) };
  });
  const loop = loopOf(plan, 'gradient', gradient);
  const output = training.evaluated.result('output');
  const evaluated = new EvaluatedLoop(loop, call, given(output), training.evaluated.saved);
  return [inference, training, { loop, evaluated }].map((pass) => resultsOf(pass.loop, pass.evaluated));
}

test.each(Object.keys(variants))('%s has the same results with its work in steps and in chunks', (name) => {
  for (const masked of ['no', 'repeat', 'zero'] as const) {
    for (const x of ['copied', 'steps'] as const) {
      const options = { masked, x };
      const inSteps = { masked, x, inSteps: true };
      const cell = variants[name]();
      const result = evaluate(cell, { ...inSteps, x: 'sequence' }, inSteps);
      expect(result, `${masked} ${x}`).toEqual(evaluate(cell, options, options));
    }
  }
});

test.each(['sru', 'indRnn', 'minGru', 'minLstm', 'rgLru'] as const)(
  '%s has the same results row by row',
  (name) => {
    for (const masked of ['no', 'repeat', 'zero'] as const) {
      for (const byRows of [1, -1] as const) {
        const copied = { masked, x: 'copied' } as const;
        const forward = { masked, x: 'sequence', byRows } as const;
        const gradient = { masked, x: 'steps', byRows } as const;
        const cell = cells[name]();
        const result = evaluate(cell, forward, gradient);
        expect(result, `${masked} ${byRows}`).toEqual(evaluate(cell, copied, copied, gradient));
      }
    }
  },
);

test('only sums over all rows are outside of the steps', () => {
  const { plan } = problem(cells.gru(), SHAPE);
  const forward = loopOf(plan, 'inference', { masked: 'no', x: 'sequence', inSteps: true });
  expect(forward.buffers.filter(({ rows }) => rows === 'steps')).toEqual([]);
  expect([forward.before, forward.after]).toEqual([[], []]);
  const gradient = loopOf(plan, 'gradient', { masked: 'no', x: 'copied', inSteps: true });
  expect(gradient.before).toEqual([]);
  expect(gradient.after.flatMap(({ products }) => products.map(({ kind }) => kind))).toEqual([
    'weights',
    'weights',
  ]);
});

/** The buffers that something of a loop reads. */
function buffersRead({ before, body, after, carried }: Loop): Set<number> {
  const read = new Set(carried.map(({ buffer }) => buffer));
  for (const { products, program } of [...before, ...body, ...after]) {
    for (const { buffer } of program.loads) read.add(buffer);
    for (const product of products) {
      if (product.kind === 'row') read.add(product.operand.buffer);
      else if (product.kind === 'rows') read.add(product.left.buffer);
      else for (const { buffer } of [product.left, product.right]) read.add(buffer);
    }
  }
  return read;
}

test.each(Object.keys(variants))('%s stores no row that nothing reads', (name) => {
  const { plan } = problem(variants[name](), SHAPE);
  for (const pass of ['inference', 'training', 'gradient'] as const) {
    const loop = loopOf(plan, pass, { masked: 'no', x: 'copied' });
    const read = buffersRead(loop);
    const stored = [...loop.before, ...loop.body, ...loop.after].flatMap(({ program }) =>
      program.stores.map(({ slot }) => slot.buffer),
    );
    const scratch = stored.filter((buffer) => loop.buffers[buffer].life === 'scratch');
    const unread = scratch.filter((buffer) => !read.has(buffer)).map((buffer) => loop.buffers[buffer].name);
    expect(unread, pass).toEqual([]);
  }
});

test('programs store the rows of a concat, so no operation copies them', () => {
  const { plan } = problem(variants['lstm, layer norm'](), SHAPE);
  for (const [pass, sums] of [
    ['inference', 6],
    ['gradient', 12],
  ] as const) {
    const { body } = loopOf(plan, pass, { masked: 'no', x: 'copied' });
    const operations = body.flatMap(({ products }) => products.filter(({ kind }) => kind === 'row'));
    expect(operations, pass).toHaveLength(sums);
  }
});
