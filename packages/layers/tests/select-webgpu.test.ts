import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { selectBackend } from '../src/index.js';
import './backends.js';

const NVIDIA = { vendor: 'nvidia', architecture: 'hopper' };
const SWIFTSHADER = { vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true };
const SLOW = 'its adapter is software and no GPU (swiftshader), slower than wasm';

/** A substitute for TensorFlow.js's webgpu backend: the cpu backend with a `device`. */
class FakeWebGPU extends MathBackendCPU {
  constructor(readonly device: { lost: Promise<Partial<GPUDeviceLostInfo>> }) {
    super();
  }
}

const neverLost = new Promise<never>(() => {});

/** Sets up a runtime with that WebGPU adapter, and wasm and webgpu backends with Sluice's kernels. */
function setUpRuntime(adapter: () => unknown, lost: Promise<Partial<GPUDeviceLostInfo>> = neverLost) {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter() } });
  tf.registerBackend('wasm', () => new MathBackendCPU());
  tf.registerBackend('webgpu', () => new FakeWebGPU({ lost }));
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

describe('selectBackend with WebGPU', () => {
  test('selects a GPU first', async () => {
    setUpRuntime(() => ({ info: NVIDIA }));
    expect(await selectBackend()).toEqual({ backend: 'webgpu', kernels: true, refused: [] });
    expect(tf.getBackend()).toBe('webgpu');
  });

  test('an adapter without information (older browsers) counts as a GPU', async () => {
    setUpRuntime(() => ({}));
    expect((await selectBackend()).backend).toBe('webgpu');
  });

  test('selects wasm before a software adapter, which it does not start', async () => {
    setUpRuntime(() => ({ info: SWIFTSHADER }));
    expect(await selectBackend()).toEqual({
      backend: 'wasm',
      kernels: true,
      refused: [{ backend: 'webgpu', reason: SLOW }],
    });
    expect(tf.engine().registry).not.toHaveProperty('webgpu');
  });

  test('selects a software adapter before cpu if wasm is not usable', async () => {
    setUpRuntime(() => ({ info: SWIFTSHADER }));
    tf.removeBackend('wasm');
    expect(await selectBackend()).toEqual({
      backend: 'webgpu',
      kernels: true,
      refused: [{ backend: 'wasm', reason: 'not imported; import @sluice/backend-wasm' }],
    });
  });

  test('selects a software adapter with kernels before wasm without kernels', async () => {
    setUpRuntime(() => ({ info: SWIFTSHADER }));
    for (const { kernelName } of tf.getKernelsForBackend('wasm')) tf.unregisterKernel(kernelName, 'wasm');
    expect((await selectBackend({ candidates: ['webgpu', 'wasm'] })).backend).toBe('webgpu');
  });

  test('selects a software adapter if it is the only candidate', async () => {
    setUpRuntime(() => ({ info: SWIFTSHADER }));
    const selected = await selectBackend({ candidates: ['webgpu'] });
    expect(selected).toEqual({ backend: 'webgpu', kernels: true, refused: [] });
  });

  test('a backend that is tried late and fails is refused with all reasons', async () => {
    setUpRuntime(() => ({ info: SWIFTSHADER }));
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
  ])('selects wasm if WebGPU %s', async (_, adapter, reason) => {
    setUpRuntime(adapter);
    expect(await selectBackend()).toEqual({
      backend: 'wasm',
      kernels: true,
      refused: [{ backend: 'webgpu', reason }],
    });
  });

  test('selects wasm when the device of the running webgpu backend is lost', async () => {
    let lose = (_: Partial<GPUDeviceLostInfo>) => {};
    const lost = new Promise<Partial<GPUDeviceLostInfo>>((resolve) => {
      lose = resolve;
    });
    setUpRuntime(() => ({ info: NVIDIA }), lost);
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
