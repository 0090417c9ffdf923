import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';

const numbers = [1, -2, Number.NaN, 3, -0.25, 7, 0, -20, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const x = () => tf.tensor(numbers, [2, 5]);

const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
const relu6 = (a: number) => Math.min(Math.max(a, 0), 6);
const elu = (a: number) => (a > 0 ? a : Math.expm1(a));
const selu = (a: number) => 1.0507009873554805 * (a > 0 ? a : 1.6732632423543772 * Math.expm1(a));
const softplus = (a: number) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

async function expectNear(tensor: tf.Tensor, expected: readonly number[]): Promise<void> {
  const values = await tensor.data();
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(values[i] - value) / Math.max(1, Math.abs(value));
    const isSame = Object.is(values[i], value) || error < 1e-5;
    expect(isSame, `number ${i} is ${values[i]}, not ${value}`).toBe(true);
  });
}

describe("NaN stays NaN in TensorFlow.js's kernels on webgpu", () => {
  beforeAll(async () => {
    await setUpWebGPU({ flags: SOFTWARE_FLAGS });
    await import('../src/index.js');
    expect(await tf.setBackend('webgpu')).toBe(true);
    // TensorFlow.js computes small tensors that are not on the GPU yet without it.
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });

  test.each([
    ['exp', tf.exp, Math.exp],
    ['expm1', tf.expm1, Math.expm1],
    ['sinh', tf.sinh, Math.sinh],
    ['cosh', tf.cosh, Math.cosh],
    ['log', tf.log, Math.log],
    ['log1p', tf.log1p, Math.log1p],
    ['sigmoid', tf.sigmoid, sigmoid],
    ['relu6', tf.relu6, relu6],
    ['elu', tf.elu, elu],
    ['selu', tf.selu, selu],
    ['softplus', tf.softplus, softplus],
  ] as const)('%s', async (_, operation, expected) => {
    await expectNear(operation(x()), numbers.map(expected));
    await expectNear(operation(tf.scalar(Number.NaN)), [Number.NaN]);
    await expectNear(
      operation(tf.cast(tf.tensor1d([1, 0, -1], 'int32'), 'float32')),
      [1, 0, -1].map(expected),
    );
  });

  test('softmax', async () => {
    const logits = tf.tensor2d([1, Number.NaN, 2, 1, 2, Number.NEGATIVE_INFINITY, 100, 0, 0], [3, 3]);
    const [nan, e] = [Number.NaN, Math.E];
    await expectNear(tf.softmax(logits), [nan, nan, nan, 1 / (1 + e), e / (1 + e), 0, 1, 0, 0]);
  });

  test.each([
    ['sigmoid', sigmoid],
    ['relu6', relu6],
    ['elu', elu],
  ] as const)('a product with %s behind it', async (activation, expected) => {
    const [a, b] = [tf.tensor2d([1, Number.NaN, -3], [3, 1]), tf.tensor2d([2], [1, 1])];
    const product = tf.fused.matMul({ a, b, bias: tf.tensor1d([0.5]), activation });
    await expectNear(product, [2.5, Number.NaN, -5.5].map(expected));
  });
});
