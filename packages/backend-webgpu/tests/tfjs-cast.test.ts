import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';

beforeAll(async () => {
  await setUpWebGPU({ flags: SOFTWARE_FLAGS });
  await import('../src/index.js');
  expect(await tf.setBackend('webgpu')).toBe(true);
  tf.env().set('WEBGPU_CPU_FORWARD', false);
});

test.each(['int32', 'bool'] as const)("TensorFlow.js's kernels read tensors cast from %s", async (dtype) => {
  const tensor = tf.tensor([1, 0, 1, 1, 0, 0], [1, 2, 3], dtype);
  const { numTensors } = tf.memory();
  const x = tf.cast(tensor, 'float32');
  const transposed = tf.transpose(x, [1, 0, 2]);
  expect([...(await tf.add(transposed, 0.5).data())]).toEqual([1.5, 0.5, 1.5, 1.5, 0.5, 0.5]);
  expect(await x.data()).toBeInstanceOf(Float32Array);
  tf.dispose([x, transposed]);
  // The sum is left.
  expect(tf.memory().numTensors).toBe(numTensors + 1);
});

test("TensorFlow.js's kernels read tensors cast on cpu and moved", async () => {
  await tf.setBackend('cpu');
  const x = tf.cast(tf.tensor([1, 0, 1, 2, 0, 3], [1, 2, 3], 'int32'), 'float32');
  await tf.setBackend('webgpu');
  expect([...(await tf.transpose(x, [1, 0, 2]).data())]).toEqual([1, 0, 1, 2, 0, 3]);
  expect([...(await tf.concat([x, tf.fill([1, 2, 3], 0.5)]).data())].slice(3, 7)).toEqual([2, 0, 3, 0.5]);
  expect([...(await tf.floor(x).data())]).toEqual([1, 0, 1, 2, 0, 3]);
});
