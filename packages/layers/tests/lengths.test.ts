import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { recurrent } from '../src/index.js';
import { BACKENDS } from './backends.js';

const cell = cells.lstm();
const parameters = cell
  .parameters({ inputSize: 2, units: 3 })
  .map(({ shape }, i) => tf.randomUniform([...shape], -1, 1, 'float32', i));
const x = tf.randomUniform([3, 4, 2], -1, 1, 'float32', 9) as tf.Tensor3D;
const lengths = [4, 2, 0];
const mask = tf.tensor2d([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [3, 4]);

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test.each([false, true])('lengths are the mask that they stand for; reversed: %s', (reverse) => {
    const run = (of: { lengths: number[] } | { mask: tf.Tensor }) => {
      const outputs = (given: tf.Tensor) =>
        recurrent(cell, given as tf.Tensor3D, parameters, { ...of, reverse });
      const { sequence, states } = outputs(x);
      const gradient = tf.grad((given) => tf.sum(tf.square(outputs(given).sequence)))(x);
      return [sequence, ...states, gradient].map((tensor) => [...tensor.dataSync()]);
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
