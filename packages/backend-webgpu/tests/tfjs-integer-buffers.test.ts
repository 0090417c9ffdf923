import { adam, gru, simpleRNN } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';

/** Whole numbers as float32; TensorFlow.js's cast shares their buffer, in which they stay whole numbers. */
const cast = (values: number[], shape: number[]) => tf.cast(tf.tensor(values, shape, 'int32'), 'float32');

const ones = { kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;

async function expectValues(tensor: unknown, expected: number[]): Promise<void> {
  const values = await (tensor as tf.Tensor).data();
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(values[i]).toBeCloseTo(value, 4);
  });
}

describe("TensorFlow.js's casts on webgpu", () => {
  beforeAll(async () => {
    await setUpWebGPU({ flags: SOFTWARE_FLAGS });
    await import('../src/index.js');
    expect(await tf.setBackend('webgpu')).toBe(true);
  });

  test('are right as masks and as inputs', async () => {
    const layer = gru({ units: 2, ...ones });
    const mask = tf.tensor2d([[1, 1, 1]]);
    await expectValues(layer.apply(tf.ones([1, 3, 2]), { mask }), [0.2639, 0.2639]);
    const x = tf.tensor([0, 1, 1, 0, 1, 1], [1, 3, 2], 'int32');
    await expectValues(layer.apply(x), [0.3776, 0.3776]);
    const oneHot = tf.oneHot(tf.tensor2d([[0, 2, 1]], [1, 3], 'int32'), 3);
    await expectValues(gru({ units: 2, ...ones }).apply(tf.cast(oneHot, 'float32')), [0.4272, 0.4272]);
  });

  test('are right as states, weights and cotangents', async () => {
    const layer = simpleRNN({ units: 2, activation: 'linear', useBias: false, ...ones });
    const x = tf.ones([1, 1, 2]) as tf.Tensor;
    const initialState = cast([1, 2], [1, 2]);
    await expectValues(layer.apply(x, { initialState }), [5, 5]);
    layer.setWeights([cast([1, 2, 3, 4], [2, 2]), tf.zeros([2, 2])]);
    await expectValues(layer.apply(x), [4, 6]);
    const gradient = tf.grad((input: tf.Tensor) => layer.apply(input) as tf.Tensor);
    await expectValues(gradient(x, cast([1, 10], [1, 2])), [21, 43]);
  });

  test('are right as gradients for adam', async () => {
    const weight = tf.variable(tf.zeros([3]));
    adam(1, 0.9, 0.999, 1).applyGradients([{ name: weight.name, tensor: cast([1, 2, -3], [3]) }]);
    await expectValues(weight, [-1 / 2, -2 / 3, 3 / 4]);
  });
});
