import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { gru, lstm, simpleRNN, sru } from '../../index.js';
import { buildWithWaves, checkLayer } from '../check-layer.js';
import { type Suite, waveTensor } from '../subject.js';

const [batch, timesteps, size] = [40, 3, 50];

/** A layer whose output is its input plus `recurrent` times its state, both after dropout. */
function createTransparent(
  recurrent: number,
  args: { dropout?: number; recurrentDropout?: number; seed?: number },
) {
  const layer = simpleRNN({
    units: size,
    activation: 'linear',
    useBias: false,
    kernelInitializer: 'identity',
    recurrentInitializer: { className: 'Identity', config: { gain: recurrent } },
    returnSequences: true,
    ...args,
  });
  layer.build([null, null, size]);
  return layer;
}

const shareOf = (values: number[], condition: (value: number) => boolean) =>
  values.filter(condition).length / values.length;

const readArray = (output: unknown) => (output as tf.Tensor3D).array();

const LAYERS = {
  gru: () => gru({ units: 3, dropout: 0.4, recurrentDropout: 0.4, returnSequences: true, seed: 1 }),
  lstm: () => lstm({ units: 3, recurrentDropout: 0.4, returnState: true, seed: 2 }),
  sru: () => sru({ units: 3, dropout: 0.4, goBackwards: true, seed: 3 }),
};

export const dropoutSuite: Suite = (subject) =>
  describe('dropout', () => {
    test.each(Object.entries(LAYERS))('outputs and gradients with the drawn masks: %s', async (_, create) => {
      const layer = buildWithWaves(create(), 3);
      const mask = tf.tensor([1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1], [3, 4]);
      await checkLayer(subject, layer, waveTensor([3, 4, 3], 1), { mask, training: true });
    });

    test('of inputs: share, scale, one mask for all steps, a new mask in every call', async () => {
      const layer = createTransparent(0, { dropout: 0.25, seed: 3 });
      const x = tf.ones([batch, timesteps, size]);
      const first = await readArray(layer.apply(x, { training: true }));
      const second = await readArray(layer.apply(x, { training: true }));
      const values = first.flatMap((steps) => steps[0]);
      // Five standard deviations of the share of 2,000 draws.
      expect(Math.abs(shareOf(values, (value) => value === 0) - 0.25)).toBeLessThan(
        5 * Math.sqrt((0.25 * 0.75) / 2000),
      );
      expect(values.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6)).toBe(true);
      for (const steps of first) for (const step of steps) expect(step).toEqual(steps[0]);
      expect(first[0][0]).not.toEqual(first[1][0]);
      expect(second).not.toEqual(first);
    });

    test('of states: share and scale, on the state alone', async () => {
      const layer = createTransparent(1, { recurrentDropout: 0.5, seed: 4 });
      const zeros = tf.zeros([batch, 2, size]);
      const initialState = tf.ones([batch, size]);
      const outputs = await readArray(layer.apply(zeros, { initialState, training: true }));
      const once = outputs.flatMap(([step]) => step);
      expect(Math.abs(shareOf(once, (value) => value === 0) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 2000));
      expect(once.every((value) => value === 0 || value === 2)).toBe(true);
      // The second step has the same mask: kept numbers are doubled again, dropped ones stay 0.
      const twice = outputs.flatMap(([, step]) => step);
      expect(twice).toEqual(once.map((value) => value * 2));
    });

    test('acts during training only', async () => {
      const layer = createTransparent(0, { dropout: 0.5, recurrentDropout: 0.5 });
      const x = tf.ones([1, 1, size]);
      for (const kwargs of [undefined, { training: false }]) {
        const values = await (layer.apply(x, kwargs) as tf.Tensor).data();
        expect([...values]).toEqual(new Array(size).fill(1));
      }
    });
  });
