import '@sluice/backend-cpu';
import { dense, gru, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import '../../src/index.js';

/** Numbers of both signs that are the same on every backend. */
const numbers = (shape: readonly (number | null)[], scale: number, seed: number) => {
  const sizes = shape.map((size) => size ?? 4);
  const values = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(12.9898 * (i + 1) + 78.233 * seed),
  );
  return tf.mul(tf.tensor(values, sizes), scale);
};

const models: Record<string, () => LayersModel> = {
  'conv1d, batchNormalization, maxPooling1d, dropout, gru, dense': () =>
    sequential({
      layers: [
        layers.conv1d({ filters: 6, kernelSize: 3, padding: 'same', inputShape: [14, 3] }),
        layers.batchNormalization(),
        layers.activation({ activation: 'tanh' }),
        layers.maxPooling1d({ poolSize: 2 }),
        layers.conv1d({ filters: 5, kernelSize: 2, strides: 2, activation: 'relu' }),
        layers.dropout({ rate: 0.3, seed: 3 }),
        gru({ units: 4 }),
        dense({ units: 3, activation: 'softmax' }),
      ],
    }),
  'conv2d, averagePooling2d, separableConv2d, depthwiseConv2d, maxPooling2d, dense': () =>
    sequential({
      layers: [
        layers.conv2d({
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          activation: 'elu',
          inputShape: [12, 10, 2],
        }),
        layers.averagePooling2d({ poolSize: 2 }),
        layers.separableConv2d({ filters: 5, kernelSize: 2, activation: 'tanh' }),
        layers.depthwiseConv2d({ kernelSize: [2, 1], depthMultiplier: 2 }),
        layers.maxPooling2d({ poolSize: [2, 2], strides: [1, 1] }),
        layers.flatten(),
        dense({ units: 3, activation: 'softmax' }),
      ],
    }),
};

/** The losses of a model's first training steps on a backend, and what the steps leave in memory. */
async function train(make: () => LayersModel, backend: string) {
  await tf.setBackend(backend);
  const model = make();
  model.setWeights(model.getWeights().map(({ shape }, i) => numbers(shape, 0.6, i)));
  model.compile({ optimizer: tf.train.momentum(0.2, 0.5), loss: 'categoricalCrossentropy' });
  const x = numbers(model.inputs[0].shape, 1, 50);
  const y = tf.cast(tf.oneHot(tf.tensor1d([0, 2, 1, 0], 'int32'), 3), 'float32');
  const losses: number[] = [];
  const held: number[][] = [];
  for (let step = 0; step < 6; step++) {
    losses.push((await model.trainOnBatch(x, y)) as number);
    held.push([tf.memory().numTensors, tf.memory().numBytes, tf.engine().backend.numDataIds()]);
  }
  return { losses, held };
}

describe('models with convolutions train as on the cpu backend, and free what they take', () => {
  test.each(Object.entries(models))('%s', async (_, make) => {
    const wanted = await train(make, 'cpu');
    const { losses, held } = await train(make, 'wasm');
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - wanted.losses[i]), `${losses}, not ${wanted.losses}`).toBeLessThan(2e-5);
    });
    expect(Math.abs(losses[5] - losses[0])).toBeGreaterThan(0.02);
    expect(held.slice(2)).toEqual(Array(4).fill(held[1]));
  });
});
