import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { profileKernels } from '../src/contenders/kernel-profile.js';
import type { Profile } from '../src/run/results.js';
import { createServer } from '../src/workers/serve.js';
import { formOf, type Task } from '../src/workloads/workload.js';

const task: Task = { workload: 'train', shape: [5, 6, 3, 4], cell: 'gru' };
const form = formOf('gru');

async function prepared(backend: 'cpu' | 'wasm', which = task) {
  const serve = createServer();
  await serve({ kind: 'prepare', contender: 'sluice', backend, task: which, form });
  return serve;
}

describe('the profile of a training batch', () => {
  test.each(['cpu', 'wasm'] as const)('on %s has what each kernel was for', async (backend) => {
    const serve = await prepared(backend);
    await serve({ kind: 'check' });
    const { batches, batchMs, optimizerMs, kernels } = (await serve({
      kind: 'profile',
      seconds: 0,
    })) as Profile;
    expect(batches).toBe(3);
    const callsOf = (name: string, group: string) =>
      kernels.find((each) => each.kernel === name && each.group === group)?.calls;
    expect(callsOf('SluiceRecurrent', 'recurrent forward')).toBe(2);
    expect(callsOf('SluiceRecurrentGradient', 'recurrent gradient')).toBe(2);
    expect(callsOf('GatherV2', 'embedding')).toBe(1);
    // The embedding, two layers of four weights each, the dense unit's two: Adam makes one pass over each.
    expect(callsOf('SluicePointwise', 'optimizer')).toBe(9);
    expect(callsOf('SluicePointwise', 'rest')).toBeUndefined();
    expect(callsOf('Sigmoid', 'rest')).toBe(1);

    const total = (group?: string) =>
      kernels
        .filter((each) => group === undefined || each.group === group)
        .reduce((sum, { ms }) => sum + ms, 0);
    expect(total()).toBeGreaterThan(0);
    expect(total()).toBeLessThan(batchMs);
    expect(total('optimizer')).toBeLessThan(optimizerMs);
    expect(optimizerMs).toBeLessThan(batchMs);
    expect(kernels.map(({ ms }) => ms)).toEqual(kernels.map(({ ms }) => ms).sort((a, b) => b - a));
  });

  test('counts the gradient of looking up rows as the embedding', async () => {
    const serve = await prepared('cpu');
    const { kernels } = (await serve({ kind: 'profile', seconds: 0 })) as Profile;
    const names = kernels.filter(({ group }) => group === 'embedding').map(({ kernel }) => kernel);
    expect(names.length).toBe(2);
    expect(names).toContain('GatherV2');
  });

  test('exists only for training', async () => {
    const serve = await prepared('cpu', { ...task, workload: 'forward' });
    await expect(serve({ kind: 'profile', seconds: 0 })).rejects.toThrow(/only the workload train can/);
  });
});

describe('the timers', () => {
  let optimizer: tf.Optimizer;

  beforeAll(async () => {
    await prepared('cpu');
    optimizer = tf.train.sgd(0.1);
  });

  test('count a kernel that another one calls as a part of that one', async () => {
    tf.registerKernel({
      kernelName: 'BenchFourthPower',
      backendName: 'cpu',
      kernelFunc: ({ inputs }) => tf.square(tf.square(inputs.x as tf.Tensor)),
    });
    const batch = async () => tf.engine().runKernel('BenchFourthPower', { x: tf.scalar(2) });
    const { kernels } = await profileKernels(tf, optimizer, batch, 0);
    expect(kernels.map(({ kernel, calls }) => [kernel, calls])).toEqual([['BenchFourthPower', 1]]);
    tf.unregisterKernel('BenchFourthPower', 'cpu');
  });

  test('are removed afterwards, also when a batch fails', async () => {
    const { applyGradients } = optimizer;
    const before = tf.getKernelsForBackend('cpu').map(({ kernelFunc }) => kernelFunc);
    await profileKernels(tf, optimizer, async () => {}, 0);
    const failing = profileKernels(tf, optimizer, () => Promise.reject(new Error('out of memory')), 0);
    await expect(failing).rejects.toThrow('out of memory');
    const after = tf.getKernelsForBackend('cpu').map(({ kernelFunc }) => kernelFunc);
    expect(new Set(after)).toEqual(new Set(before));
    expect(optimizer.applyGradients).toBe(applyGradients);
  });
});
