import { cells } from '@sluice/core';
import { adam, gru, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWebgpuBackend } from '../src/engine.js';
import { setUpWebGPU } from '../src/node.js';
import { countBuffers } from './count-buffers.js';
import { problemOf, resultsOn } from './problem.js';
import { SOFTWARE_FLAGS, softwareDevice } from './software-device.js';

describe('buffers of the GPU', () => {
  beforeAll(() => setUpWebGPU({ flags: SOFTWARE_FLAGS }));

  test('are used again by the engine: after released calls there are as many as before', async () => {
    const device = await softwareDevice('default');
    const counts = countBuffers(device);
    const backend = await createWebgpuBackend({ device });
    const problem = problemOf(cells.gru(), { batch: 2, timesteps: 3, inputSize: 4, units: 5 });
    const held: ReturnType<typeof backend.upload>[] = [];
    const recording = {
      ...backend,
      upload: (values: Float32Array) => {
        const floats = backend.upload(values);
        held.push(floats);
        return floats;
      },
      forward: (...given: Parameters<typeof backend.forward>) => {
        const result = backend.forward(...given);
        held.push(result.sequence, ...result.states, ...(result.saved ? [result.saved] : []));
        return result;
      },
      gradient: (...given: Parameters<typeof backend.gradient>) => {
        const result = backend.gradient(...given);
        held.push(result.x, ...result.parameters, ...result.initialStates);
        return result;
      },
    };
    const once = async () => {
      await resultsOn(recording, problem);
      for (const floats of held.splice(0)) backend.release(floats);
    };
    await once();
    const { alive, bytes } = counts;
    for (let i = 0; i < 20; i++) await once();
    expect(counts).toMatchObject({ alive, bytes });
    backend.dispose();
    expect(counts.alive).toBe(0);
    device.destroy();
  });

  test('and tensors do not grow in 1,000 training steps', async () => {
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
    for (let step = 10; step < 1000; step++) await model.trainOnBatch(x, y);
    expect(state()).toEqual(before);
  }, 240_000);
});
