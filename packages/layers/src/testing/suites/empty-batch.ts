import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { bidirectional, gru, lstm, sru } from '../../index.js';
import { float64s, setWave } from '../numbers.js';
import type { Suite } from '../subject.js';

const [timesteps, features, units] = [3, 4, 2];

const LAYERS = {
  gru: () => gru({ units, returnSequences: true }),
  'lstm, last output': () => lstm({ units, dropout: 0.5 }),
  'sru, backwards': () => sru({ units, returnSequences: true, goBackwards: true }),
  'bidirectional, summed': () => bidirectional({ layer: gru({ units }), mergeMode: 'sum' }),
};

export const emptyBatchSuite: Suite = () =>
  describe('an empty batch', () => {
    test.each(Object.entries(LAYERS))('%s: an empty result, zeros as gradients', async (name, make) => {
      const layer = make();
      layer.build([null, timesteps, features]);
      setWave(layer);
      const x = tf.zeros([0, timesteps, features]);
      const call = { training: true, mask: tf.zeros([0, timesteps]) };
      const output = layer.apply(x, call) as tf.Tensor;
      const isSequence = name === 'gru' || name.startsWith('sru');
      expect(output.shape).toEqual(isSequence ? [0, timesteps, units] : [0, units]);
      expect(await output.data()).toHaveLength(0);

      // Without a loss: TensorFlow.js cannot sum an empty tensor on wasm and webgpu.
      const weights = layer.trainableWeights.map((weight) => weight.read());
      const gradients = tf.grads(() => layer.apply(x, call) as tf.Tensor)(weights, tf.zerosLike(output));
      expect(gradients.map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape));
      for (const numbers of await float64s(gradients)) expect(numbers.every((n) => n === 0)).toBe(true);
    });
  });
