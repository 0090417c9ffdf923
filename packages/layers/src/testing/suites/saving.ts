import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { bidirectional, dense, embedding, gru, loadLayersModel, lstm, sequential, sru } from '../../index.js';
import { expectNear } from '../check-layer.js';
import { float64s, setWave } from '../numbers.js';
import { type Examples, runClassifier } from '../reference-classifier.js';
import type { Suite } from '../subject.js';

const EXAMPLES: Examples = {
  batch: 3,
  timesteps: 4,
  indices: [1, 4, 2, 3, 2, 1, 0, 0, 3, 0, 4, 4],
  labels: [1, 0, 1],
};

export const savingSuite: Suite = (subject) =>
  describe('saving', () => {
    test('a model that is saved and loaded predicts and trains as before', async () => {
      const before = sequential({
        layers: [
          embedding({ inputDim: 5, outputDim: 3, maskZero: true }),
          gru({ units: 3, returnSequences: true, zeroOutputForMask: true }),
          bidirectional({ layer: lstm({ units: 3, returnSequences: true }), mergeMode: 'ave' }),
          sru({ units: 3, goBackwards: true }),
          dense({ units: 1, activation: 'sigmoid' }),
        ],
      });
      setWave(before);
      before.compile({ optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy' });
      let artifacts: tf.io.ModelArtifacts | undefined;
      const handler = tf.io.withSaveHandler(async (given) => {
        // As it would come back from a file.
        artifacts = { ...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) };
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given) };
      });
      await before.save(handler, { includeOptimizer: true });
      const after = await loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
      const weights = await float64s(before.getWeights());
      expect(await float64s(after.getWeights())).toEqual(weights);

      const expected = runClassifier(before, weights, EXAMPLES);
      const x = tf.tensor2d([...EXAMPLES.indices], [3, 4], 'int32');
      await expectNear(subject, [after.predict(x) as tf.Tensor], [expected.predictions]);
      await after.trainOnBatch(x, tf.tensor2d([...EXAMPLES.labels], [3, 1]));
      const trained = weights.map((values, i) =>
        values.map((value, k) => value - 0.5 * expected.gradients[i][k]),
      );
      await expectNear(subject, after.getWeights(), trained, 'gradient');
    });
  });
