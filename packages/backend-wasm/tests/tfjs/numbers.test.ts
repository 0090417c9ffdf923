import '@sluice/backend-cpu';
import { dense, gru, sequential, simpleRNN } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import '../../src/index.js';

beforeAll(async () => {
  await tf.setBackend('wasm');
});

const { NaN: none } = Number;
const some = [none, 1, -2, 0.5, 3, none, 0.1, -1, 9, none];
const others = [0.3, none, none, 1, 0, 1, none, -1, 10, 5];
const at = (...lists: number[][]) => some.map((_, i) => lists.some((list) => Number.isNaN(list[i])));
const numbersOf = (tensor: tf.Tensor) => [...tensor.dataSync()];
const areNaN = (tensor: tf.Tensor) => numbersOf(tensor).map(Number.isNaN);

describe('NaN stays NaN', () => {
  const x = () => tf.tensor1d(some);
  const y = () => tf.tensor1d(others);
  test.each<[string, () => tf.Tensor]>([
    ['clipByValue', () => tf.clipByValue(x(), -1, 1)],
    ['relu', () => tf.relu(x())],
    ['relu6', () => tf.relu6(x())],
    ['elu', () => tf.elu(x())],
    ['selu', () => tf.selu(x())],
    ['leakyRelu', () => tf.leakyRelu(x(), 0.1)],
    ['prelu', () => tf.prelu(x(), tf.tensor1d([0.1]))],
    ['softplus', () => tf.softplus(x())],
    ['abs', () => tf.abs(x())],
    ['sigmoid', () => tf.sigmoid(x())],
    ['tanh', () => tf.tanh(x())],
    ['maximum with a number', () => tf.maximum(0, x())],
    ['minimum with a number', () => tf.minimum(0, x())],
    ['maximum of a number', () => tf.maximum(x(), 0)],
  ])('in %s', (_, result) => {
    expect(areNaN(result())).toEqual(at(some));
  });

  test('in maximum and minimum, on either side and with a repeated operand', () => {
    expect(areNaN(tf.maximum(x(), y()))).toEqual(at(some, others));
    expect(areNaN(tf.minimum(x(), y()))).toEqual(at(some, others));
    const column = tf.tensor2d([1, none], [2, 1]);
    const rows = tf.tensor2d([2, none], [1, 2]);
    expect(numbersOf(tf.maximum(column, rows))).toEqual([2, none, none, none]);
    expect(numbersOf(tf.minimum(column, rows))).toEqual([1, none, none, none]);
    expect(numbersOf(tf.maximum(tf.tensor1d([1, 5], 'int32'), tf.tensor1d([3, 4], 'int32')))).toEqual([3, 5]);
  });

  test.each(['relu', 'relu6', 'elu', 'sigmoid'] as const)(
    'behind products with the activation %s',
    (activation) => {
      for (const columns of [1, 4, 9]) {
        const a = tf.tensor2d([none, 1, 2, -3], [2, 2]);
        const b = tf.ones([2, columns]) as tf.Tensor2D;
        const result = tf.fused.matMul({ a, b, bias: tf.ones([columns]), activation });
        const rows = tf.unstack(result).map(numbersOf);
        expect(rows[0]).toEqual(Array(columns).fill(none));
        expect(rows[1].some(Number.isNaN)).toBe(false);
      }
      const x = tf.tensor4d([1, none, 3, -9], [1, 1, 4, 1]);
      for (const filters of [1, 4]) {
        const filter = tf.ones([1, 2, 1, filters]) as tf.Tensor4D;
        for (const convolve of [tf.fused.conv2d, tf.fused.depthwiseConv2d]) {
          const result = areNaN(convolve({ x, filter, strides: 1, pad: 'valid', activation }));
          expect(result).toEqual([true, true, false].flatMap((isNone) => Array(filters).fill(isNone)));
        }
      }
    },
  );

  test('in max pooling and mean pooling', () => {
    const x = tf.tensor4d([none, -4, -1, -2, 7, -3, none, none, -5], [1, 3, 3, 1]);
    expect(numbersOf(tf.maxPool(x, 2, 1, 'same'))).toEqual([none, 7, -1, none, none, -3, none, none, -5]);
    expect(areNaN(tf.avgPool(x, [1, 2], 1, 'valid'))).toEqual([true, false, false, false, true, true]);
  });
});

test('other numbers do not change', () => {
  const x = tf.tensor1d([-3, -0.5, 0, 0.5, 7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(numbersOf(tf.clipByValue(x, -1, 1))).toEqual([-1, -0.5, 0, 0.5, 1, 1, -1]);
  expect(numbersOf(tf.relu6(x))).toEqual([0, 0, 0, 0.5, 6, 6, 0]);
  expect(numbersOf(tf.clipByValue(tf.tensor1d([5, -5], 'int32'), -1, 1))).toEqual([1, -1]);
});

test('all numbers except 0 are true, also small ones and multiples of 256', () => {
  const numbers = [none, 0, 0.5, -0.25, 256, 254, -1];
  expect(numbersOf(tf.cast(tf.tensor1d(numbers), 'bool'))).toEqual([1, 0, 1, 1, 1, 1, 1]);
  expect(numbersOf(tf.cast(tf.tensor1d([0, 256, -1, 3], 'int32'), 'bool'))).toEqual([0, 1, 1, 1]);
  expect(numbersOf(tf.cast(tf.tensor1d([2.7, -2.7]), 'int32'))).toEqual([2, -2]);
});

describe('NaN in the data reaches the loss', () => {
  test.each([
    ['binaryCrossentropy', 'sigmoid', 1],
    ['categoricalCrossentropy', 'softmax', 3],
    ['kullbackLeiblerDivergence', 'softmax', 3],
    ['hinge', 'tanh', 3],
    ['meanSquaredError', 'relu', 1],
    ['meanSquaredError', 'relu6', 1],
  ] as const)('%s behind %s', async (loss, activation, units) => {
    const model = sequential({
      layers: [
        gru({ units: 4, returnSequences: true, inputShape: [3, 2] }),
        layers.globalMaxPooling1d({}),
        dense({ units, activation }),
      ],
    });
    model.compile({ loss, optimizer: 'sgd', metrics: ['accuracy'] });
    const x = tf.tensor3d([none, ...Array(11).fill(0.5)], [2, 3, 2]);
    const y = tf.oneHot(tf.tensor1d([0, 0], 'int32'), units === 1 ? 2 : units);
    const labels = tf.slice(tf.cast(y, 'float32'), [0, 0], [2, units]);
    const [value] = model.evaluate(x, labels) as tf.Scalar[];
    expect(value.dataSync()[0]).toBeNaN();
    expect(((await model.trainOnBatch(x, labels)) as number[])[0]).toBeNaN();
    for (const weight of model.getWeights()) expect(areNaN(weight)).toContain(true);
  });
});

test('a tensor that was cast on cpu has the right numbers on wasm', async () => {
  await tf.setBackend('cpu');
  const x = tf.cast(tf.tensor([1, 2, 3, -4], [1, 2, 2], 'int32'), 'float32');
  const initialState = tf.cast(tf.tensor([true, false], [1, 2], 'bool'), 'float32');
  const table = tf.cast(tf.tensor([1, 2, 3, 4], [2, 2], 'int32'), 'float32') as tf.Tensor2D;
  expect(await tf.setBackend('wasm')).toBe(true);
  const ones = { kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;
  const layer = simpleRNN({ units: 2, activation: 'linear', useBias: false, ...ones });
  // h = sum(x) + sum(h), in both units: 3 + 1 = 4, then −1 + 8 = 7.
  expect([...(layer.apply(x, { initialState }) as tf.Tensor).dataSync()]).toEqual([7, 7]);
  expect([...tf.gather(table, tf.tensor1d([1], 'int32')).dataSync()]).toEqual([3, 4]);
  expect([...tf.matMul(table, table, true).dataSync()]).toEqual([10, 14, 14, 20]);
  // TensorFlow.js's own kernels, of one tensor and of many.
  expect([...tf.add(table, 0.5).dataSync()]).toEqual([1.5, 2.5, 3.5, 4.5]);
  expect([...tf.concat([table, tf.zeros([1, 2])]).dataSync()]).toEqual([1, 2, 3, 4, 0, 0]);
  expect([...tf.cast(table, 'int32').dataSync()]).toEqual([1, 2, 3, 4]);
});
