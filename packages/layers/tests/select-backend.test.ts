import { type BackendDescription, describeBackend, describedBackends } from '@sluice/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { selectBackend } from '../src/index.js';
import './backends.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  if (tf.engine().backendNames().includes('webgpu')) tf.removeBackend('webgpu');
});

describe('selectBackend', () => {
  test('selects the best usable backend and returns why the better ones are not used', async () => {
    await tf.setBackend('plain');
    const { backend, refused } = await selectBackend();
    expect(backend).toBe('cpu');
    expect(tf.getBackend()).toBe('cpu');
    expect(refused).toEqual([
      { backend: 'webgpu', reason: 'this runtime has no WebGPU (navigator.gpu is undefined)' },
      { backend: 'wasm', reason: 'not imported; import @sluice/backend-wasm' },
    ]);
  });

  test('a backend that fails to start is refused', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info: {} }) } });
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    tf.copyRegisteredKernels('cpu', 'webgpu');
    tf.registerBackend('webgpu', () => {
      throw new Error('no adapter');
    });
    const { backend, refused } = await selectBackend({ candidates: ['webgpu', 'cpu'] });
    expect(backend).toBe('cpu');
    expect(refused).toEqual([
      { backend: 'webgpu', reason: expect.stringContaining('could not initialise it') },
    ]);
  });

  test('a backend without kernels is selected only if no backend with kernels is usable', async () => {
    expect(await selectBackend({ candidates: ['plain', 'cpu'] })).toEqual({
      backend: 'cpu',
      kernels: true,
      refused: [{ backend: 'plain', reason: "Sluice's kernels are not registered for it" }],
    });
    expect(await selectBackend({ candidates: ['wasm', 'plain'] })).toEqual({
      backend: 'plain',
      kernels: false,
      refused: [{ backend: 'wasm', reason: 'not imported; import @sluice/backend-wasm' }],
    });
    expect(tf.getBackend()).toBe('plain');
  });

  test('an import is recommended only if the package exists', async () => {
    vi.stubGlobal('navigator', { gpu: {} });
    const { refused } = await selectBackend({ candidates: ['webgpu', 'webgl', 'cpu'] });
    expect(refused).toEqual([
      { backend: 'webgpu', reason: 'not imported; import @sluice/backend-webgpu' },
      { backend: 'webgl', reason: 'not imported; import the package that registers it' },
    ]);
  });

  test('a backend that has no kernels and does not start is refused once, for both reasons', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info: {} }) } });
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const { kernelName } of tf.getKernelsForBackend('webgpu')) tf.unregisterKernel(kernelName, 'webgpu');
    tf.registerBackend('webgpu', () => {
      throw new Error('no adapter');
    });
    const { refused } = await selectBackend({ candidates: ['webgpu', 'plain'] });
    expect(refused).toEqual([
      {
        backend: 'webgpu',
        reason: expect.stringMatching(
          /^Sluice's kernels are not registered for it; import @sluice\/backend-webgpu, and .*could not initialise it/,
        ),
      },
    ]);
  });

  test('a backend that starts too late does not become current and can be tried again', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const cpu = tf.findBackend('cpu');
    const starts: ((backend: tf.KernelBackend) => void)[] = [];
    tf.registerBackend('late', () => new Promise<tf.KernelBackend>((resolve) => starts.push(resolve)), 7);
    expect(await selectBackend({ candidates: ['late', 'plain'], timeout: 20 })).toMatchObject({
      backend: 'plain',
      refused: [
        {
          backend: 'late',
          reason: expect.stringMatching(/initialising it took longer than 0\.02 s .*timeout/),
        },
      ],
    });
    starts[0](cpu);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(tf.getBackend()).toBe('plain');
    expect(tf.backend()).toBe(tf.findBackend('plain'));
    expect(tf.engine().registryFactory.late.priority).toBe(7);
    const again = selectBackend({ candidates: ['late', 'plain'], timeout: 1000 });
    await vi.waitFor(() => expect(starts.length).toBe(2));
    starts[1](cpu);
    expect((await again).backend).toBe('late');
    await tf.setBackend('plain');
    delete tf.engine().registry.late;
    tf.removeBackend('late');
  });

  test('a backend of another package comes at its place, with its own obstacle and drawback', async () => {
    const description: BackendDescription = { package: 'rnn-on-dsp', before: 'wasm' };
    describeBackend('dsp', description);
    expect(() => describeBackend('dsp', { befor: 'cpu' } as BackendDescription)).toThrow(
      "'befor' is unknown. Known: package, before, obstacle, drawback.",
    );
    expect((await selectBackend()).refused).toContainEqual({
      backend: 'dsp',
      reason: 'not imported; import rnn-on-dsp',
    });
    tf.copyRegisteredKernels('cpu', 'dsp');
    const cpu = tf.findBackend('cpu');
    tf.registerBackend('dsp', () => cpu);
    expect(await selectBackend()).toEqual({
      backend: 'dsp',
      kernels: true,
      refused: [{ backend: 'webgpu', reason: 'this runtime has no WebGPU (navigator.gpu is undefined)' }],
    });

    describeBackend('dsp', { ...description, obstacle: async () => 'its driver is too old' });
    expect((await selectBackend({ candidates: ['dsp', 'cpu'] })).refused).toEqual([
      { backend: 'dsp', reason: 'its driver is too old' },
    ]);
    describeBackend('dsp', {
      ...description,
      obstacle: () => {
        throw new Error('no driver');
      },
    });
    expect((await selectBackend({ candidates: ['dsp', 'cpu'] })).refused).toEqual([
      { backend: 'dsp', reason: 'examining it failed: no driver' },
    ]);
    describeBackend('dsp', { ...description, obstacle: () => new Promise(() => {}) });
    expect((await selectBackend({ candidates: ['dsp', 'cpu'], timeout: 20 })).refused).toEqual([
      { backend: 'dsp', reason: expect.stringMatching(/^examining it took longer than 0\.02 s/) },
    ]);

    tf.copyRegisteredKernels('cpu', 'wasm');
    tf.registerBackend('wasm', () => cpu);
    describeBackend('dsp', { ...description, drawback: () => 'its device is simulated' });
    expect(await selectBackend({ candidates: ['dsp', 'wasm'] })).toMatchObject({
      backend: 'wasm',
      refused: [{ backend: 'dsp', reason: 'its device is simulated' }],
    });
    expect((await selectBackend({ candidates: ['dsp', 'plain'] })).backend).toBe('dsp');
    // Other test files run in this process.
    (describedBackends() as Map<string, BackendDescription>).delete('dsp');
    for (const name of ['dsp', 'wasm']) {
      tf.removeBackend(name);
      for (const { kernelName } of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernelName, name);
    }
  });

  test('WebGPU that never returns an adapter is given up', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => new Promise(() => {}) } });
    tf.copyRegisteredKernels('cpu', 'webgpu');
    tf.registerBackend('webgpu', () => tf.findBackend('cpu'));
    const { refused } = await selectBackend({ candidates: ['webgpu', 'cpu'], timeout: 20 });
    expect(refused[0].reason).toMatch(/asking WebGPU for an adapter took longer than 0\.02 s/);
  });

  test.each([0, -1, Number.NaN])('a timeout of %d is refused', async (timeout) => {
    await expect(selectBackend({ timeout })).rejects.toThrow(/milliseconds above 0, but is/);
  });

  test('without a usable backend the error lists every reason', async () => {
    await expect(selectBackend({ candidates: ['webgpu', 'webgl'] })).rejects.toThrow(
      /none of the candidates can be used\.\n {2}webgpu: this runtime has no WebGPU.*\n {2}webgl: not imported/,
    );
  });
});
