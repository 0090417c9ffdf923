import '@sluice/backend-cpu';
import { adam, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { setUpWebGPU } from '../src/node.js';
import { SOFTWARE_FLAGS } from './software-device.js';
import { classifier } from './tfjs-classifier.js';

const SIZES = { vocabulary: 20, timesteps: 6, units: 8 };

/** Sentences and labels: the same every time. */
const sentences = () =>
  tf.tensor2d(
    Array.from({ length: 30 }, (_, i) => (i * 7 + (i % 4)) % 20),
    [5, 6],
    'int32',
  );
const labels = () => tf.tensor2d([[0], [1], [1], [0], [1]]);

/** What the model predicts before training, its losses while it trains, and what it predicts then. */
async function numbersOn(backend: string, cell: 'gru' | 'sru') {
  expect(await tf.setBackend(backend)).toBe(true);
  const model = classifier(sequential, SIZES, cell);
  model.compile({ optimizer: adam(0.02), loss: 'binaryCrossentropy' });
  const [x, y] = [sentences(), labels()];
  const predicted = async () => [...(await (model.predict(x) as tf.Tensor).data())];
  const before = await predicted();
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) losses.push(Number(await model.trainOnBatch(x, y)));
  return { before, losses, after: await predicted() };
}

describe("on TensorFlow.js's webgpu backend", () => {
  beforeAll(async () => {
    await setUpWebGPU({ flags: SOFTWARE_FLAGS });
    await import('../src/index.js');
  });

  test.each(['gru', 'sru'] as const)('a classifier of %s trains as on cpu', async (cell) => {
    const expected = await numbersOn('cpu', cell);
    const actual = await numbersOn('webgpu', cell);
    expect(expected.losses[3]).toBeLessThan(expected.losses[0]);
    for (const part of ['before', 'losses', 'after'] as const) {
      actual[part].forEach((value, i) => {
        expect(Math.abs(value - expected[part][i]), `${part} ${i}`).toBeLessThan(1e-4);
      });
    }
  });
});
