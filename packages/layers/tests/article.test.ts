import '@sluice/backend-cpu';
import { tensor2d } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { dense, embedding, gru, sequential, sru } from '../src/index.js';

// The classifier of the TensorFlow.js article, with little data and few epochs.
const xTrain = tensor2d(
  Array.from({ length: 2 }, (_, i) => Array.from({ length: 50 }, (_, t) => (i * 50 + t) % 90)),
);
const yTrain = tensor2d([[0], [1]]);

// Each takes a second of the processor, and the documentation's programs train such models too.
test.runIf(testTier() === 'full')(
  'a classifier of two GRU layers trains, with Keras’s number of weights',
  async () => {
    const model = sequential({
      layers: [
        embedding({ inputDim: 10000, outputDim: 128, inputLength: 50 }),
        gru({ units: 128, returnSequences: true }),
        gru({ units: 128 }),
        dense({ units: 1, activation: 'sigmoid' }),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    const { history } = await model.fit(xTrain, yTrain, { epochs: 2, batchSize: 64, verbose: 0 });
    expect(model.countParams()).toBe(10000 * 128 + 2 * (128 * 384 * 2 + 768) + 129);
    expect(history.loss[1]).toBeLessThan(history.loss[0] as number);
  },
);

test('a classifier of two SRU layers trains, with the expected number of weights', async () => {
  const model = sequential({
    layers: [
      embedding({ inputDim: 10000, outputDim: 128, inputLength: 50 }),
      sru({ units: 128, returnSequences: true }),
      sru({ units: 128 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  const { history } = await model.fit(xTrain, yTrain, { epochs: 2, batchSize: 64, verbose: 0 });
  expect(model.countParams()).toBe(10000 * 128 + 2 * (128 * 384 + 256 + 256) + 129);
  expect(history.loss[1]).toBeLessThan(history.loss[0] as number);
});
