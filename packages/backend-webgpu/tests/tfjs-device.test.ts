import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requestAdapter } from '../src/engine.js';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';

describe("the device of TensorFlow.js's webgpu backend", () => {
  beforeAll(() => setUpWebGPU({ flags: SOFTWARE_FLAGS }));
  afterEach(() => tf.env().reset());

  const started = async () => {
    expect(await tf.setBackend('webgpu')).toBe(true);
    return (tf.backend() as WebGPUBackend).device;
  };

  test('stays the same if the backend runs already', async () => {
    await import('@tensorflow/tfjs-backend-webgpu');
    const device = await started();
    expect(device.features.has('subgroups')).toBe(false);
    await import('../src/index.js');
    expect(await started()).toBe(device);
    expect(await tf.ones([2]).data()).toEqual(Float32Array.of(1, 1));
  });

  test('has the features and limits that kernels use otherwise', async () => {
    const { registerDeviceFactory } = await import('../src/tfjs/device.js');
    tf.removeBackend('webgpu');
    tf.registerBackend('webgpu', () => expect.unreachable('the factory that was registered before'));
    registerDeviceFactory();
    const device = await started();
    const adapter = await requestAdapter();
    expect(device.features.has('subgroups')).toBe(adapter.features.has('subgroups'));
    expect(device.limits.maxStorageBuffersPerShaderStage).toBe(
      adapter.limits.maxStorageBuffersPerShaderStage,
    );
    expect(await tf.add(tf.ones([2]), 1).data()).toEqual(Float32Array.of(2, 2));
  });

  test("is TensorFlow.js's own if the adapter refuses ours", async () => {
    const { registerDeviceFactory } = await import('../src/tfjs/device.js');
    const factory = tf.findBackendFactory('webgpu');
    tf.removeBackend('webgpu');
    tf.registerBackend('webgpu', async () => Object.assign(await factory(), { isOriginal: true }));
    registerDeviceFactory();
    const { requestDevice } = GPUAdapter.prototype;
    let refusals = 0;
    GPUAdapter.prototype.requestDevice = async function (options) {
      if (refusals++ === 0) throw new Error('too much');
      return requestDevice.call(this, options);
    };
    try {
      await started();
    } finally {
      GPUAdapter.prototype.requestDevice = requestDevice;
    }
    expect(tf.backend()).toMatchObject({ isOriginal: true });
    expect(await tf.add(tf.ones([2]), 1).data()).toEqual(Float32Array.of(2, 2));
  });

  test('is of the low-power GPU if the flag of TensorFlow.js says so', async () => {
    const { registerDeviceFactory } = await import('../src/tfjs/device.js');
    tf.removeBackend('webgpu');
    tf.registerBackend('webgpu', () => expect.unreachable('the factory that was registered before'));
    registerDeviceFactory();
    const asked: unknown[] = [];
    const { gpu } = navigator;
    const original = gpu.requestAdapter;
    gpu.requestAdapter = (options) => {
      asked.push(options);
      return original.call(gpu, options);
    };
    tf.env().set('WEBGPU_USE_LOW_POWER_GPU', true);
    try {
      await started();
    } finally {
      gpu.requestAdapter = original;
    }
    expect(asked).toEqual([{ powerPreference: 'low-power' }]);
  });
});
