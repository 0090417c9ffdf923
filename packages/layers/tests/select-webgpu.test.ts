import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { selectBackend } from '../src/index.js';
import './backends.js';

const NVIDIA = { vendor: 'nvidia', architecture: 'hopper' };
const SWIFTSHADER = { vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true };
const SLOW = 'its adapter is software and no GPU (swiftshader), slower than wasm';

/** Stands in for TensorFlow.js's backend, as far as it is looked at: what computes is the cpu backend. */
class PretendedGPU extends MathBackendCPU {
  constructor(readonly device: { lost: Promise<Partial<GPUDeviceLostInfo>> }) {
    super();
  }
}

const neverLost = new Promise<never>(() => {});

/** A runtime whose WebGPU has the adapter, with TensorFlow.js's wasm and webgpu backends, and our kernels for both. */
function machine(adapter: () => unknown, lost: Promise<Partial<GPUDeviceLostInfo>> = neverLost) {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter() } });
  tf.registerBackend('wasm', () => new MathBackendCPU());
  tf.registerBackend('webgpu', () => new PretendedGPU({ lost }));
  for (const name of ['wasm', 'webgpu']) tf.copyRegisteredKernels('cpu', name);
}

beforeEach(() => tf.setBackend('cpu'));
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await tf.setBackend('cpu');
  for (const name of ['wasm', 'webgpu']) {
    for (const { kernelName } of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernelName, name);
    if (tf.engine().backendNames().includes(name)) tf.removeBackend(name);
  }
});

describe('selectBackend, where there is WebGPU', () => {
  test('takes a GPU before all else', async () => {
    machine(() => ({ info: NVIDIA }));
    expect(await selectBackend()).toEqual({ backend: 'webgpu', kernels: true, refused: [] });
    expect(tf.getBackend()).toBe('webgpu');
  });

  test('an older browser whose adapters say nothing of themselves has a GPU', async () => {
    machine(() => ({}));
    expect((await selectBackend()).backend).toBe('webgpu');
  });

  test('takes wasm before a software adapter, without starting that', async () => {
    machine(() => ({ info: SWIFTSHADER }));
    expect(await selectBackend()).toEqual({
      backend: 'wasm',
      kernels: true,
      refused: [{ backend: 'webgpu', reason: SLOW }],
    });
    expect(tf.engine().registry).not.toHaveProperty('webgpu');
  });

  test('takes a software adapter where wasm cannot be used, before cpu', async () => {
    machine(() => ({ info: SWIFTSHADER }));
    tf.removeBackend('wasm');
    expect(await selectBackend()).toEqual({
      backend: 'webgpu',
      kernels: true,
      refused: [{ backend: 'wasm', reason: 'not imported; import @sluice/backend-wasm' }],
    });
  });

  test('takes a software adapter with our kernels before wasm without', async () => {
    machine(() => ({ info: SWIFTSHADER }));
    for (const { kernelName } of tf.getKernelsForBackend('wasm')) tf.unregisterKernel(kernelName, 'wasm');
    expect((await selectBackend({ candidates: ['webgpu', 'wasm'] })).backend).toBe('webgpu');
  });

  test('takes a software adapter where nothing else is wanted', async () => {
    machine(() => ({ info: SWIFTSHADER }));
    const selected = await selectBackend({ candidates: ['webgpu'] });
    expect(selected).toEqual({ backend: 'webgpu', kernels: true, refused: [] });
  });

  test('says all that speaks against one that is tried late and fails', async () => {
    machine(() => ({ info: SWIFTSHADER }));
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const name of ['wasm', 'webgpu']) {
      tf.removeBackend(name);
      tf.registerBackend(name, () => {
        throw new Error('broken');
      });
    }
    const { backend, refused } = await selectBackend();
    expect(backend).toBe('cpu');
    expect(refused.map((each) => each.backend)).toEqual(['webgpu', 'wasm']);
    expect(refused[0].reason).toMatch(/slower than wasm, and TensorFlow\.js could not initialise it/);
    expect(refused[1].reason).toMatch(/^TensorFlow\.js could not initialise it/);
  });

  test.each([
    ['has no adapter', () => null, 'WebGPU has no adapter, that is, no GPU that it can use'],
    [
      'fails to give one',
      () => {
        throw new Error('blocked');
      },
      'asking WebGPU for an adapter failed: blocked',
    ],
  ])('goes on where it %s', async (_, adapter, reason) => {
    machine(adapter);
    expect(await selectBackend()).toEqual({
      backend: 'wasm',
      kernels: true,
      refused: [{ backend: 'webgpu', reason }],
    });
  });

  test('moves on when the device of the running backend is lost', async () => {
    let lose = (_: Partial<GPUDeviceLostInfo>) => {};
    const lost = new Promise<Partial<GPUDeviceLostInfo>>((resolve) => {
      lose = resolve;
    });
    machine(() => ({ info: NVIDIA }), lost);
    expect((await selectBackend()).backend).toBe('webgpu');
    lose({ reason: 'unknown', message: 'the GPU was pulled out' });
    expect(await selectBackend()).toEqual({
      backend: 'wasm',
      kernels: true,
      refused: [{ backend: 'webgpu', reason: 'its GPU device is lost (the GPU was pulled out)' }],
    });
    expect(tf.getBackend()).toBe('wasm');
  });
});
