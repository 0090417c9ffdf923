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

/** Trains a classifier with two recurrent layers, which have so many weights together. */
async function checkClassifier(
  layer: (options: { units: number; returnSequences?: boolean }) => ReturnType<typeof gru>,
  recurrentWeights: number,
) {
  const model = sequential({
    layers: [
      embedding({ inputDim: 10000, outputDim: 128, inputLength: 50 }),
      layer({ units: 128, returnSequences: true }),
      layer({ units: 128 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  const { history } = await model.fit(xTrain, yTrain, { epochs: 2, batchSize: 64, verbose: 0 });
  expect(model.countParams()).toBe(10000 * 128 + recurrentWeights + 129);
  expect(history.loss[1]).toBeLessThan(history.loss[0] as number);
}

// Each takes a second of the processor, and the documentation's programs train such models too.
test.runIf(testTier() === 'full')(
  'a classifier of two GRU layers trains, with Keras’s number of weights',
  () => checkClassifier(gru, 2 * (128 * 384 * 2 + 768)),
);

test('a classifier of two SRU layers trains, with the expected number of weights', () =>
  checkClassifier(sru, 2 * (128 * 384 + 256 + 256)));
