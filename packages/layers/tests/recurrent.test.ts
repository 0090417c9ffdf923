import { type Cell, cells, defineCell, planFor, referenceForward } from '@sluice/core';
import { bias, exp, kernel, recurrentKernel, sigmoid, sqrt, tanh, zeros } from '@sluice/core/equations';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { recurrent } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { compareWithReference, expectClose, random, toFloat64 } from './compare-with-reference.js';

/** A cell of a user: two states, an output that is not a state, a product of a product, a square root. */
const userCell = defineCell({
  name: 'own',
  states: ['h', 'm'],
  parameters: { kernel: kernel('a', 'b'), recurrentKernel: recurrentKernel('a', 'b') },
  equations: ({ x, h, m }, { kernel: W, recurrentKernel: U }) => {
    const a = sigmoid(W.a(x).add(U.a(h)));
    const b = tanh(W.b(x).add(U.b(a.mul(m))));
    const memory = m.mul(0.5).add(a.mul(b));
    return { a, b, m: memory, h: memory.min(0.4).max(-0.4), output: h.add(b).mul(sqrt(a)) };
  },
});

/** Products of a row of parameters alone, in two blocks, and a product of such a product. */
const ofParameters = defineCell({
  name: 'ofParameters',
  states: ['h'],
  parameters: {
    kernel: kernel('h'),
    recurrentKernel: recurrentKernel('h', 'g', 'o'),
    bias: bias('p'),
  },
  equations: ({ x, h }, { kernel: W, recurrentKernel: U, bias: v }) => ({
    h: tanh(
      W.h(x)
        .add(U.h(v.p))
        .add(U.g(v.p).mul(h))
        .add(U.o(U.h(v.p)).max(0.1)),
    ),
  }),
});

/** A product of a number. */
const ofNumber = defineCell({
  name: 'ofNumber',
  states: ['h'],
  parameters: { kernel: kernel('h'), one: { ...kernel('a', 'b'), rows: 1 } },
  equations: ({ x, h }, { kernel: W, one }) => ({
    h: tanh(
      W.h(x)
        .add(one.a(exp(zeros(1))))
        .add(one.b(zeros(1)).mul(h)),
    ),
  }),
});

const CASES: [string, Cell][] = [
  ['simpleRnn', cells.simpleRnn()],
  ['lstm', cells.lstm()],
  ['lstm, peephole', cells.lstm({ peephole: true })],
  ['gru, reset before', cells.gru({ resetAfter: false })],
  ['gru, reset after', cells.gru({ resetAfter: true })],
  ['gru, hard sigmoid and relu', cells.gru({ recurrentActivation: 'hardSigmoid', activation: 'relu' })],
  ['gru, gelu and softsign', cells.gru({ recurrentActivation: 'softsign', activation: 'gelu' })],
  ['sru', cells.sru()],
  ['sru 1, no highway, tanh', cells.sru({ version: 1, highway: false, activation: 'tanh' })],
  ['minGru', cells.minGru()],
  ['indRnn', cells.indRnn()],
  ['liGru', cells.liGru()],
  ['own', userCell],
  ['products of parameters', ofParameters],
  ['a product of a number', ofNumber],
];

const GAPS = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];

test('one backend runs kernels, the other the fallback', async () => {
  const cell = cells.minGru();
  const parameters = cell.parameters({ inputSize: 2, units: 2 }).map(({ shape }) => tf.zeros([...shape]));
  const kernelsOn = async (backend: string) => {
    await tf.setBackend(backend);
    const { kernelNames } = await tf.profile(() => recurrent(cell, tf.zeros([1, 3, 2]), parameters).sequence);
    return kernelNames;
  };
  expect(await kernelsOn('cpu')).toContain('SluiceRecurrent');
  expect(await kernelsOn('plain')).not.toContain('SluiceRecurrent');
});

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  describe.each(CASES)('%s matches the reference', (_, cell) => {
    test('without options', () => compareWithReference(cell, { units: 3 }));
    test('a single step', () =>
      compareWithReference(cell, { units: 3, timesteps: 1, states: true, mask: [1, 0, 1] }));
    test('as many units as features, with states', () =>
      compareWithReference(cell, { units: 4, states: true }));
    test('masked', () => compareWithReference(cell, { units: 3, states: true, mask: GAPS }));
    test('masked, reversed, zero output', () =>
      compareWithReference(cell, {
        units: 3,
        states: true,
        mask: GAPS,
        reverse: true,
        maskedOutput: 'zero',
      }));
    test('masked, with NaN in the padding', () =>
      compareWithReference(cell, { units: 3, states: true, mask: GAPS, nanPadding: true }));
    test('masked, with NaN in the padding, as many units as features', () =>
      compareWithReference(cell, { units: 4, mask: GAPS, nanPadding: true }));
  });

  test.each([
    ['gru, reset before', cells.gru({ resetAfter: false })],
    ['gru, reset after', cells.gru({ resetAfter: true })],
    ['lstm', cells.lstm()],
  ] as const)('recurrent masks: %s', (_, cell) => {
    compareWithReference(cell, { units: 3, states: true, recurrentDropout: true, mask: GAPS });
  });

  test('a mask may have any type and come from trained values; it gets no gradient', () => {
    const cell = cells.minGru();
    const x = tf.variable(random(1, [2, 3, 2])) as unknown as tf.Tensor3D;
    const parameters = cell.parameters({ inputSize: 2, units: 2 }).map(({ shape }, i) => random(i, shape));
    const gradientWith = (mask: (x: tf.Tensor) => tf.Tensor) =>
      tf.grad((input) =>
        tf.sum(recurrent(cell, input as tf.Tensor3D, parameters, { mask: mask(input) }).sequence),
      )(x);
    const computed = gradientWith((input) => tf.greater(tf.sum(input, 2), 0));
    const given = tf.cast(tf.greater(tf.sum(x, 2), 0), 'int32');
    expect(Array.from(computed.dataSync())).toEqual(Array.from(gradientWith(() => given).dataSync()));
    expect(tf.sum(tf.abs(computed)).dataSync()[0]).toBeGreaterThan(0);
  });

  test('the same tensor may be passed as several inputs', () => {
    const cell = cells.lstm();
    const parameters = cell.parameters({ inputSize: 2, units: 2 }).map(({ shape }, i) => random(i, shape));
    const x = random(9, [1, 3, 2]) as tf.Tensor3D;
    const loss = (h: tf.Tensor, c: tf.Tensor) =>
      tf.sum(recurrent(cell, x, parameters, { initialStates: [h, c] }).sequence);
    const state = random(10, [1, 2]);
    const shared = tf.grad((both) => loss(both, both))(state);
    const [h, c] = tf.grads((a, b) => loss(a, b))([state, tf.clone(state)]);
    const sums = tf.add(h, c).dataSync();
    expectClose(shared, sums, 'gradient', 'sum of both gradients');
  });

  test('leaks no tensor and no byte', () => {
    const cell = cells.gru({ resetAfter: true });
    const x = random(1, [2, 4, 3]) as tf.Tensor3D;
    const parameters = cell.parameters({ inputSize: 3, units: 2 }).map(({ shape }, i) => random(i, shape));
    const mask = tf.ones([2, 4]);
    const before = tf.memory();
    const { sequence, states } = recurrent(cell, x, parameters, { mask });
    expect(tf.memory().numTensors).toBe(before.numTensors + 2);
    tf.dispose([sequence, ...states]);
    tf.dispose(
      tf.grad((input) => tf.sum(recurrent(cell, input as tf.Tensor3D, parameters, { mask }).sequence))(x),
    );
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });
});

describe('parameters that fit several numbers of units', () => {
  const cell = cells.sru({ version: 1, useBias: false });
  const x = random(1, [2, 5, 4]) as tf.Tensor3D;
  const kernelOf = (units: number) =>
    cell.parameters({ inputSize: 4, units }).map(({ shape }, i) => random(2 + i, shape));

  test('need the option units', () => {
    expect(() => recurrent(cell, x, kernelOf(3))).toThrow(
      "Cell 'sru': parameters of shapes [4, 12] fit 4 and 3 units with x [2, 5, 4]; set the option units to one of them.",
    );
  });

  test.each([3, 4])('run with %s units if the option says so', (units) => {
    const parameters = kernelOf(units);
    const expected = referenceForward(planFor(cell, { inputSize: 4, units }), {
      batch: 2,
      timesteps: 5,
      x: toFloat64(x),
      parameters: parameters.map(toFloat64),
    });
    expectClose(recurrent(cell, x, parameters, { units }).sequence, expected.sequence, 'forward', 'sequence');
  });
});

test('second-order gradients are refused with advice', async () => {
  await tf.setBackend('cpu');
  const cell = cells.gru();
  const x = random(1, [1, 2, 2]) as tf.Tensor3D;
  const parameters = cell.parameters({ inputSize: 2, units: 2 }).map(({ shape }, i) => random(2 + i, shape));
  const gradient = (at: tf.Tensor) =>
    tf.grad((input) => tf.sum(recurrent(cell, input as tf.Tensor3D, parameters).sequence))(at);
  expect(() => tf.grad((at) => tf.sum(gradient(at)))(x)).toThrow(
    "Second-order gradients are not supported by Sluice's kernels; use differences of first-order gradients instead.",
  );
});

describe('errors name the tensor, the actual and the expected value', () => {
  const cell = cells.gru({ resetAfter: false });
  const x = tf.zeros([2, 5, 4]) as tf.Tensor3D;
  const parameters = cell.parameters({ inputSize: 4, units: 3 }).map(({ shape }) => tf.zeros([...shape]));
  const state = tf.zeros([2, 3]);

  test.each([
    [
      'x has rank 2',
      () => recurrent(cell, tf.zeros([2, 4]) as never, parameters),
      /x must have the shape \[batch, timesteps, inputSize\].* but has \[2, 4\]/,
    ],
    ['x is empty', () => recurrent(cell, tf.zeros([2, 0, 4]), parameters), 'but has [2, 0, 4]'],
    [
      'x is int32',
      () => recurrent(cell, tf.zeros([2, 5, 4], 'int32'), parameters),
      'x must be float32, but is int32',
    ],
    [
      'a parameter is missing',
      () => recurrent(cell, x, parameters.slice(1)),
      'parameters of shapes [3, 9], [9] fit no number of units',
    ],
    [
      'a parameter is wrong',
      () => recurrent(cell, x, [parameters[0], parameters[1], tf.zeros([8])]),
      /\[8\] fit no number of units with x \[2, 5, 4\].*kernel \[4, 48\]/,
    ],
    [
      'x has other features than the parameters',
      () => recurrent(cell, tf.zeros([2, 5, 6]), parameters),
      'fit no number of units with x [2, 5, 6]. They are for x [batch, timesteps, 4].',
    ],
    [
      'a parameter is wrong for the given units',
      () => recurrent(cell, x, parameters, { units: 2 }),
      'parameter 0 (kernel) must have the shape [4, 6], but has [4, 9]',
    ],
    [
      'a parameter is missing for the given units',
      () => recurrent(cell, x, parameters.slice(1), { units: 3 }),
      'takes 3 parameters (kernel, recurrentKernel, bias), but was given 2',
    ],
    ['there are no parameters', () => recurrent(cell, x, []), 'parameters of shapes none'],
    [
      'a parameter is int32',
      () =>
        recurrent(
          cell,
          x,
          parameters.map((p) => tf.cast(p, 'int32')),
        ),
      'parameter 0 must be float32',
    ],
    [
      'too many states',
      () => recurrent(cell, x, parameters, { initialStates: [state, state] }),
      'takes 1 initial states (h), but was given 2',
    ],
    [
      'a state is wrong',
      () => recurrent(cell, x, parameters, { initialStates: [tf.zeros([1, 3])] }),
      'initial state h must have the shape [2, 3], but has [1, 3]',
    ],
    [
      'the mask is wrong',
      () => recurrent(cell, x, parameters, { mask: tf.zeros([5, 2]) }),
      'mask must have the shape [2, 5], but has [5, 2]',
    ],
    [
      'too few masks',
      () => recurrent(cell, x, parameters, { recurrentMasks: [state] }),
      'takes 3 recurrent masks (z, r, n), but was given 1',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message as string);
  });
});
