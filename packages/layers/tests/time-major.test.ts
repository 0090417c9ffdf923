import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RecurrentOptions, recurrent } from '../src/index.js';
import { BACKENDS } from './backends.js';

const cell = cells.sru();
const parameters = cell
  .parameters({ inputSize: 2, units: 3 })
  .map(({ shape }, i) => tf.randomUniform([...shape], -1, 1, 'float32', i));
const x = tf.randomUniform([3, 4, 2], -1, 1, 'float32', 9) as tf.Tensor3D;
const turned = (given: tf.Tensor) => tf.transpose(given, [1, 0, 2]) as tf.Tensor3D;
const numbers = (tensors: tf.Tensor[]) => tensors.map((tensor) => [...tensor.dataSync()]);

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test.each<[string, RecurrentOptions]>([
    ['a whole sequence', {}],
    ['lengths, reversed', { lengths: [4, 2, 0], reverse: true }],
    ['a mask', { mask: tf.tensor2d([0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0], [3, 4]) }],
  ])('time before batch is the same, turned: %s', (_, options) => {
    const byRow = (given: tf.Tensor) => recurrent(cell, given as tf.Tensor3D, parameters, options);
    const byTime = (given: tf.Tensor) =>
      recurrent(cell, given as tf.Tensor3D, parameters, { ...options, timeMajor: true });
    const [rows, times] = [byRow(x), byTime(turned(x))];
    expect(times.sequence.shape).toEqual([4, 3, 3]);
    expect(numbers([turned(times.sequence), ...times.states])).toEqual(
      numbers([rows.sequence, ...rows.states]),
    );
    const weight = tf.randomUniform([3, 4, 3], -1, 1, 'float32', 7);
    const ofRows = tf.grad((given) => tf.sum(tf.mul(byRow(given).sequence, weight)))(x);
    const ofTimes = tf.grad((given) => tf.sum(tf.mul(byTime(given).sequence, turned(weight))))(turned(x));
    expect(numbers([turned(ofTimes)])).toEqual(numbers([ofRows]));
  });

  test('an empty batch, and no step', () => {
    const empty = recurrent(cell, tf.zeros([4, 0, 2]), parameters, { timeMajor: true });
    expect(empty.sequence.shape).toEqual([4, 0, 3]);
    expect(() => recurrent(cell, tf.zeros([0, 3, 2]), parameters, { timeMajor: true })).toThrow(
      /\[timesteps, batch, inputSize\], with at least one step.*\[0, 3, 2\]/,
    );
  });
});
