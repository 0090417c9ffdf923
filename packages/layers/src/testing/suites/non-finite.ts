import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { dense, gru, sequential } from '../../index.js';
import { setWave, wave } from '../numbers.js';
import type { Suite } from '../subject.js';

export const nonFiniteSuite: Suite = () =>
  describe('NaN in the data', () => {
    test.each([
      ['meanSquaredError', 'linear'],
      ['binaryCrossentropy', 'sigmoid'],
      ['categoricalCrossentropy', 'softmax'],
    ] as const)('reaches the loss: %s', async (loss, activation) => {
      const model = sequential({
        layers: [gru({ units: 3, inputShape: [4, 3] }), dense({ units: 2, activation })],
      });
      setWave(model);
      model.compile({ optimizer: 'sgd', loss });
      const x = tf.where(tf.tensor([true, false, false], [3, 1, 1], 'bool'), Number.NaN, wave([3, 4, 3], 1));
      const y = tf.tensor2d([1, 0, 0, 1, 1, 0], [3, 2]);
      expect(await model.trainOnBatch(x, y)).toBeNaN();
      for (const weight of model.getWeights())
        expect([...(await weight.data())].some(Number.isNaN)).toBe(true);
    });
  });
