import { type Cell, cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RecurrentOptions, recurrent } from '../src/index.js';
import { BACKENDS } from './backends.js';

/** Parameters for 2 features and 3 units. */
const createParameters = (cell: Cell) =>
  cell
    .parameters({ inputSize: 2, units: 3 })
    .map(({ shape }, i) => tf.randomUniform([...shape], -1, 1, 'float32', i));

const x = tf.randomUniform([3, 4, 2], -1, 1, 'float32', 9) as tf.Tensor3D;
const swapAxes = (tensor: tf.Tensor) => tf.transpose(tensor, [1, 0, 2]) as tf.Tensor3D;
const readNumbers = (tensors: tf.Tensor[]) => tensors.map((tensor) => [...tensor.dataSync()]);

describe.each(BACKENDS)('timeMajor on %s', (backend) => {
  const cell = cells.sru();
  const parameters = createParameters(cell);

  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test.each<[string, RecurrentOptions]>([
    ['a whole sequence', {}],
    ['lengths, reversed', { lengths: [4, 2, 0], reverse: true }],
    ['a mask', { mask: tf.tensor2d([0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0], [3, 4]) }],
  ])('results and gradients are those of the batch-major arrays: %s', (_, options) => {
    const runBatchMajor = (input: tf.Tensor) => recurrent(cell, input as tf.Tensor3D, parameters, options);
    const runTimeMajor = (input: tf.Tensor) =>
      recurrent(cell, input as tf.Tensor3D, parameters, { ...options, timeMajor: true });
    const [expected, actual] = [runBatchMajor(x), runTimeMajor(swapAxes(x))];
    expect(actual.sequence.shape).toEqual([4, 3, 3]);
    expect(readNumbers([swapAxes(actual.sequence), ...actual.states])).toEqual(
      readNumbers([expected.sequence, ...expected.states]),
    );
    const weight = tf.randomUniform([3, 4, 3], -1, 1, 'float32', 7);
    const expectedGradient = tf.grad((input) => tf.sum(tf.mul(runBatchMajor(input).sequence, weight)))(x);
    const gradient = tf.grad((input) => tf.sum(tf.mul(runTimeMajor(input).sequence, swapAxes(weight))))(
      swapAxes(x),
    );
    expect(readNumbers([swapAxes(gradient)])).toEqual(readNumbers([expectedGradient]));
  });

  test('an empty batch is allowed, a sequence without steps is not', () => {
    const empty = recurrent(cell, tf.zeros([4, 0, 2]), parameters, { timeMajor: true });
    expect(empty.sequence.shape).toEqual([4, 0, 3]);
    expect(() => recurrent(cell, tf.zeros([0, 3, 2]), parameters, { timeMajor: true })).toThrow(
      /\[timesteps, batch, inputSize\], with at least one step.*\[0, 3, 2\]/,
    );
  });
});

describe('lengths', () => {
  const cell = cells.lstm();
  const parameters = createParameters(cell);
  const lengths = [4, 2, 0];
  const mask = tf.tensor2d([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [3, 4]);

  describe.each(BACKENDS)('on %s', (backend) => {
    beforeAll(async () => {
      await tf.setBackend(backend);
    });

    test.each([false, true])('results and gradients are those of the mask; reverse: %s', (reverse) => {
      const run = (options: { lengths: number[] } | { mask: tf.Tensor }) => {
        const runOn = (input: tf.Tensor) =>
          recurrent(cell, input as tf.Tensor3D, parameters, { ...options, reverse });
        const { sequence, states } = runOn(x);
        const gradient = tf.grad((input) => tf.sum(tf.square(runOn(input).sequence)))(x);
        return readNumbers([sequence, ...states, gradient]);
      };
      expect(run({ lengths })).toEqual(run({ mask }));
    });
  });

  test.each<[string, object, RegExp]>([
    ['lengths and a mask', { lengths, mask }, /lengths or a mask, not both/],
    ['too few', { lengths: [1, 2] }, /lengths must be 3 numbers, one for each row of the batch, but are 2/],
    ['too long', { lengths: [1, 5, 2] }, /of 0 to 4 \(timesteps\), but that of row 1 is 5/],
    ['half a step', { lengths: [1, 2, 0.5] }, /but that of row 2 is 0.5/],
    ['a tensor', { lengths: tf.tensor1d([1, 2, 3]) }, /lengths must be an array of 3 whole numbers/],
  ])('%s: an error', (_, options, message) => {
    expect(() => recurrent(cell, x, parameters, options)).toThrow(message);
  });
});
