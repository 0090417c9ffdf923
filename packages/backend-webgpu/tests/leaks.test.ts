import { cells } from '@sluice/core';
import { adam, gru, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { createWebgpuBackend } from '../src/engine.js';
import { setUpWebGPU } from '../src/node.js';
import { countBuffers } from './count-buffers.js';
import { problemOf, resultsOn } from './problem.js';
import { SOFTWARE_FLAGS, softwareDevice } from './software-device.js';

/** Steps take most of this file's time, and a leak of one buffer a step shows in 30 as well. */
const TRAINING_STEPS = testTier() === 'full' ? 1000 : 30;

describe('buffers of the GPU', () => {
  beforeAll(() => setUpWebGPU({ flags: SOFTWARE_FLAGS }));

  test('stay constant when calls of the engine are repeated and their results released', async () => {
    const device = await softwareDevice('default');
    const counts = countBuffers(device);
    const backend = await createWebgpuBackend({ device });
    const problem = problemOf(cells.gru(), { batch: 2, timesteps: 3, inputSize: 4, units: 5 });
    const buffers: ReturnType<typeof backend.upload>[] = [];
    const recording = {
      ...backend,
      upload: (values: Float32Array) => {
        const floats = backend.upload(values);
        buffers.push(floats);
        return floats;
      },
      forward: (...call: Parameters<typeof backend.forward>) => {
        const result = backend.forward(...call);
        buffers.push(result.sequence, ...result.states, ...(result.saved ? [result.saved] : []));
        return result;
      },
      gradient: (...call: Parameters<typeof backend.gradient>) => {
        const result = backend.gradient(...call);
        buffers.push(result.x, ...result.parameters, ...result.initialStates);
        return result;
      },
    };
    const once = async () => {
      await resultsOn(recording, problem);
      for (const floats of buffers.splice(0)) backend.release(floats);
    };
    await once();
    const { alive, bytes } = counts;
    for (let i = 0; i < 20; i++) await once();
    expect(counts).toMatchObject({ alive, bytes });
    backend.dispose();
    expect(counts.alive).toBe(0);
    device.destroy();
  });

  test(`and tensors stay constant over ${TRAINING_STEPS} training steps`, async () => {
    await import('../src/index.js');
    expect(await tf.setBackend('webgpu')).toBe(true);
    const device = (tf.backend() as unknown as { device: GPUDevice }).device;
    const counts = countBuffers(device);
    const model = sequential({ layers: [gru({ units: 4, inputShape: [5, 3] })] });
    model.compile({ optimizer: adam(), loss: 'meanSquaredError' });
    const [x, y] = [tf.ones([2, 5, 3]), tf.ones([2, 4])];
    const state = () => {
      const { numTensors, numBytes } = tf.memory();
      const { numBytesInGPU } = tf.memory() as unknown as { numBytesInGPU: number };
      return { numTensors, numBytes, numBytesInGPU, alive: counts.alive, bytes: counts.bytes };
    };
    for (let step = 0; step < 10; step++) await model.trainOnBatch(x, y);
    const before = state();
    for (let step = 0; step < TRAINING_STEPS; step++) await model.trainOnBatch(x, y);
    expect(state()).toEqual(before);
  }, 240_000);
});
