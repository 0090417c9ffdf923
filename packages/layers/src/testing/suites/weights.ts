import * as tf from '@tensorflow/tfjs-core';
import { constraints } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import {
  adam,
  bidirectional,
  dense,
  embedding,
  gru,
  loadLayersModel,
  lstm,
  sequential,
  sru,
} from '../../index.js';
import { expectNear } from '../check-layer.js';
import { createLabels, createTokens, EXAMPLES, runClassifier } from '../reference-classifier.js';
import { readAllFloat64, readFloat64, type Suite, setWaveWeights } from '../subject.js';

/** The largest norm of a column, and the smallest number. */
async function measureWeight(weight: tf.Tensor): Promise<{ norm: number; least: number }> {
  const [rows, columns] = weight.shape.length === 2 ? weight.shape : [1, weight.size];
  const values = await readFloat64(weight);
  const norms = Array.from({ length: columns }, (_, column) =>
    Math.hypot(...Array.from({ length: rows }, (_, row) => values[row * columns + column])),
  );
  return { norm: Math.max(...norms), least: Math.min(...values) };
}

/** A model whose start values violate every constraint. */
function createConstrainedModel() {
  const maxNorm = constraints.maxNorm({ maxValue: 0.5, axis: 0 });
  const minusOnes = { className: 'Constant', config: { value: -1 } };
  return sequential({
    layers: [
      embedding({
        inputDim: 5,
        outputDim: 3,
        inputLength: 3,
        embeddingsInitializer: minusOnes,
        embeddingsConstraint: 'nonNeg',
      }),
      gru({
        units: 3,
        returnSequences: true,
        kernelInitializer: 'ones',
        recurrentInitializer: minusOnes,
        kernelConstraint: maxNorm,
        recurrentConstraint: 'nonNeg',
      }),
      bidirectional({ layer: lstm({ units: 3, kernelInitializer: 'ones', kernelConstraint: maxNorm }) }),
      dense({ units: 1 }),
    ],
  });
}

export const constraintsSuite: Suite = () =>
  describe('constraints', () => {
    test.each([
      ['sgd', () => tf.train.sgd(0.1)],
      ["Sluice's adam", () => adam(0.1)],
    ])('hold after every update by %s and do not change loaded weights', async (_, createOptimizer) => {
      const model = createConstrainedModel();
      model.compile({ optimizer: createOptimizer(), loss: 'meanSquaredError' });
      const tokens = tf.tensor2d([1, 4, 2, 3, 2, 1], [2, 3], 'int32');
      await model.fit(tokens, tf.tensor2d([[1], [-1]]), { epochs: 2, batchSize: 1, verbose: 0 });
      const measured = model.layers.map((layer) => Promise.all(layer.getWeights().map(measureWeight)));
      const [[table], [kernel, recurrent], pair] = await Promise.all(measured);
      expect(table.least).toBeGreaterThanOrEqual(0);
      expect(recurrent.least).toBeGreaterThanOrEqual(0);
      for (const { norm } of [kernel, pair[0], pair[3]]) {
        expect(norm).toBeLessThanOrEqual(0.5);
        expect(norm).toBeGreaterThan(0.3);
      }

      const loaded = model.getWeights().map((weight) => tf.sub(weight, 1));
      model.setWeights(loaded);
      expect(await readAllFloat64(model.getWeights())).toEqual(await readAllFloat64(loaded));
    });
  });

export const savingSuite: Suite = (subject) =>
  describe('saving', () => {
    test('a loaded model predicts and trains like the saved one', async () => {
      const saved = sequential({
        layers: [
          embedding({ inputDim: 5, outputDim: 3, maskZero: true }),
          gru({ units: 3, returnSequences: true, zeroOutputForMask: true }),
          bidirectional({ layer: lstm({ units: 3, returnSequences: true }), mergeMode: 'ave' }),
          sru({ units: 3, goBackwards: true }),
          dense({ units: 1, activation: 'sigmoid' }),
        ],
      });
      setWaveWeights(saved);
      saved.compile({ optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy' });
      let artifacts: tf.io.ModelArtifacts | undefined;
      const handler = tf.io.withSaveHandler(async (model) => {
        // A file holds JSON.
        artifacts = { ...model, modelTopology: JSON.parse(JSON.stringify(model.modelTopology)) };
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(model) };
      });
      await saved.save(handler, { includeOptimizer: true });
      const loaded = await loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
      const weights = await readAllFloat64(saved.getWeights());
      expect(await readAllFloat64(loaded.getWeights())).toEqual(weights);

      const expected = runClassifier(saved, weights, EXAMPLES);
      await expectNear(subject, [loaded.predict(createTokens()) as tf.Tensor], [expected.predictions]);
      await loaded.trainOnBatch(createTokens(), createLabels());
      const trained = weights.map((values, i) =>
        values.map((value, k) => value - 0.5 * expected.gradients[i][k]),
      );
      await expectNear(subject, loaded.getWeights(), trained, 'gradient');
    });
  });
