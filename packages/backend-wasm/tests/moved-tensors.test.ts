import '@sluice/backend-cpu';
import { simpleRNN } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import '../src/index.js';

test('a tensor that was cast on cpu, where casts share the numbers, is right on wasm', async () => {
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
