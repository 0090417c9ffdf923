import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  bidirectional,
  clipGradients,
  dense,
  embedding,
  gru,
  lstm,
  type RecurrentLayer,
  sequential,
  simpleRNN,
  sru,
} from '../../index.js';
import type { Suite } from '../subject.js';

const countMemory = () => {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  return { numTensors, numBytes, numDataBuffers };
};

export const memorySuite: Suite = () =>
  describe('memory', () => {
    test('fit, trainOnBatch, evaluate and predict leak no tensor and no byte', async () => {
      const model = sequential({
        layers: [
          embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4 }),
          gru({
            units: 3,
            returnSequences: true,
            dropout: 0.2,
            recurrentDropout: 0.2,
            kernelRegularizer: 'l2',
          }),
          bidirectional({
            layer: lstm({ units: 3, returnSequences: true, goBackwards: true }),
            mergeMode: 'ave',
          }),
          simpleRNN({ units: 3, returnSequences: true, goBackwards: true }),
          sru({ units: 3 }),
          dense({ units: 1, activation: 'sigmoid' }),
        ],
      });
      const optimizer = clipGradients(tf.train.adam(), { globalNorm: 1 });
      model.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['accuracy'] });
      // Every batch has three rows, because webgl compiles its programs for every shape.
      const tokens = [1, 2, 0, 0, 3, 4, 3, 1, 2, 2, 2, 0];
      const x = tf.tensor2d(tokens, [3, 4], 'int32');
      const y = tf.tensor2d([[0], [1], [1]]);
      const [twice, labels] = [tf.concat([x, x]), tf.concat([y, y])];
      const use = async () => {
        await model.fit(twice, labels, { epochs: 2, batchSize: 3, validationSplit: 0.5, verbose: 0 });
        await model.trainOnBatch(x, y);
        tf.dispose(model.predict(x));
        tf.dispose(model.predictOnBatch(x));
        tf.dispose(model.evaluate(x, y) as tf.Scalar[]);
      };
      await use();
      const before = countMemory();
      for (let i = 0; i < 2; i++) await use();
      expect(countMemory()).toEqual(before);
    });

    test('a stateful layer stores its states and nothing else, and disposes them', async () => {
      const empty = countMemory();
      const layer = lstm({ units: 3, stateful: true, batchInputShape: [3, 4, 3] });
      const model = sequential({ layers: [layer, dense({ units: 1 })] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const [x, y] = [tf.ones([3, 4, 3]), tf.ones([3, 1])];
      const use = async () => {
        await model.fit(x, y, { batchSize: 3, verbose: 0 });
        tf.dispose(model.predict(x, { batchSize: 3 }));
      };
      await use();
      const before = countMemory();
      await use();
      expect(countMemory()).toEqual(before);
      layer.resetStates();
      expect(countMemory().numTensors).toBe(before.numTensors - 2);
      await use();
      model.dispose();
      tf.dispose([x, y]);
      expect(layer.states).toEqual([null, null]);
      expect(countMemory()).toEqual(empty);
    });

    test('disposing a model disposes its weights, also those of wrapped layers', () => {
      const before = countMemory();
      const inner: RecurrentLayer = gru({ units: 3, stateful: true });
      const layer = bidirectional({ layer: inner, batchInputShape: [3, 4, 3] });
      const model = sequential({ layers: [layer] });
      tf.tidy(() => void model.predict(tf.ones([3, 4, 3])));
      model.dispose();
      expect(countMemory()).toEqual(before);
    });
  });
