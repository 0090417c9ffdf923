import '@sluice/backend-cpu';
import { gru, selectBackend, sequential, sru } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';

let device: GPUDevice;
beforeAll(async () => {
  await setUpWebGPU({ flags: SOFTWARE_FLAGS });
  await import('../src/index.js');
  expect(await tf.setBackend('webgpu')).toBe(true);
  device = (tf.backend() as unknown as { device: GPUDevice }).device;
});

const x = () => tf.ones([2, 4, 3]);

// The order matters: the second test destroys the device.
describe("on TensorFlow.js's backend", () => {
  test('every read of a result throws the error of a kernel that the device refuses', async () => {
    const model = sequential({ layers: [sru({ units: 5, inputShape: [4, 3], returnSequences: true })] });
    const original = device.createShaderModule.bind(device);
    device.createShaderModule = (description) =>
      original(
        description.label === 'sru forward, elementwise' ? { ...description, code: 'nothing' } : description,
      );
    const result = model.predict(x()) as tf.Tensor;
    device.createShaderModule = original;
    await expect(result.data()).rejects.toThrow(/sru forward is invalid/);
    await expect(result.data()).rejects.toThrow(/sru forward is invalid/);
  });

  test('a read after the loss of the device throws, and the next backend runs with the weights read before', async () => {
    const model = sequential({ layers: [gru({ units: 5, inputShape: [4, 3], returnSequences: true })] });
    const weights = await Promise.all(
      model.getWeights().map(async (weight) => [await weight.data(), weight.shape] as const),
    );
    const expected = await (model.predict(x()) as tf.Tensor).data();
    const late = model.predict(x()) as tf.Tensor;
    device.destroy();
    await expect(late.data()).rejects.toThrow(/device has been destroyed; make a new backend/);
    const { backend, refused } = await selectBackend();
    expect(backend).toBe('cpu');
    expect(refused).toContainEqual({
      backend: 'webgpu',
      reason: expect.stringMatching(/^its GPU device is lost/),
    });
    const next = sequential({ layers: [gru({ units: 5, inputShape: [4, 3], returnSequences: true })] });
    next.setWeights(weights.map(([values, shape]) => tf.tensor(values, shape)));
    const actual = await (next.predict(x()) as tf.Tensor).data();
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-5);
    });
  });
});
