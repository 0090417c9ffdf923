import * as tf from '@tensorflow/tfjs-core';
import { constraints } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { adam, bidirectional, dense, embedding, gru, lstm, sequential } from '../../index.js';
import { float64, float64s } from '../numbers.js';
import type { Suite } from '../subject.js';

/** The largest norm of a column, and the smallest number. */
async function boundsOf(weight: tf.Tensor): Promise<{ norm: number; least: number }> {
  const [rows, columns] = weight.shape.length === 2 ? weight.shape : [1, weight.size];
  const values = await float64(weight);
  const norms = Array.from({ length: columns }, (_, column) =>
    Math.hypot(...Array.from({ length: rows }, (_, row) => values[row * columns + column])),
  );
  return { norm: Math.max(...norms), least: Math.min(...values) };
}

const tokens = () => tf.tensor2d([1, 4, 2, 3, 2, 1], [2, 3], 'int32');

/** Start values break every constraint. */
function constrained() {
  const maxNorm = constraints.maxNorm({ maxValue: 0.5, axis: 0 });
  const minus = { className: 'Constant', config: { value: -1 } };
  return sequential({
    layers: [
      embedding({
        inputDim: 5,
        outputDim: 3,
        inputLength: 3,
        embeddingsInitializer: minus,
        embeddingsConstraint: 'nonNeg',
      }),
      gru({
        units: 3,
        returnSequences: true,
        kernelInitializer: 'ones',
        recurrentInitializer: minus,
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
    ])('hold after every update by %s, and loading changes nothing', async (_, optimizer) => {
      const model = constrained();
      model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
      await model.fit(tokens(), tf.tensor2d([[1], [-1]]), { epochs: 2, batchSize: 1, verbose: 0 });
      const layers = model.layers.map((layer) => Promise.all(layer.getWeights().map(boundsOf)));
      const [[table], [kernel, recurrent], both] = await Promise.all(layers);
      expect(table.least).toBeGreaterThanOrEqual(0);
      expect(recurrent.least).toBeGreaterThanOrEqual(0);
      for (const { norm } of [kernel, both[0], both[3]]) {
        expect(norm).toBeLessThanOrEqual(0.5);
        expect(norm).toBeGreaterThan(0.3);
      }

      const given = model.getWeights().map((weight) => tf.sub(weight, 1));
      model.setWeights(given);
      expect(await float64s(model.getWeights())).toEqual(await float64s(given));
    });
  });
