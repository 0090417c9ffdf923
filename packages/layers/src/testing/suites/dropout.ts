import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { gru, lstm, simpleRNN, sru } from '../../index.js';
import { checkLayer } from '../check-layer.js';
import { setWave, wave } from '../numbers.js';
import type { Suite } from '../subject.js';

const [batch, timesteps, size] = [40, 3, 50];

/** A layer whose output is its (dropped) input plus `recurrent` times its (dropped) state. */
function transparent(
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

const share = (values: number[], wanted: (value: number) => boolean) =>
  values.filter(wanted).length / values.length;

const arrayOf = (output: unknown) => (output as tf.Tensor3D).array();

const LAYERS = {
  gru: () => gru({ units: 3, dropout: 0.4, recurrentDropout: 0.4, returnSequences: true, seed: 1 }),
  lstm: () => lstm({ units: 3, recurrentDropout: 0.4, returnState: true, seed: 2 }),
  sru: () => sru({ units: 3, dropout: 0.4, goBackwards: true, seed: 3 }),
};

export const dropoutSuite: Suite = (subject) =>
  describe('dropout', () => {
    test.each(Object.entries(LAYERS))(
      'outputs and gradients with the masks that are drawn: %s',
      async (_, make) => {
        const layer = make();
        layer.build([null, null, 3]);
        setWave(layer);
        const mask = tf.tensor([1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1], [3, 4]);
        await checkLayer(subject, layer, wave([3, 4, 3], 1), { mask, training: true });
      },
    );

    test('of inputs: its share, its scale, one mask for all steps, a new one for every call', async () => {
      const layer = transparent(0, { dropout: 0.25, seed: 3 });
      const x = tf.ones([batch, timesteps, size]);
      const first = await arrayOf(layer.apply(x, { training: true }));
      const second = await arrayOf(layer.apply(x, { training: true }));
      const values = first.flatMap((steps) => steps[0]);
      // Five standard deviations of the share of 2,000 draws.
      expect(Math.abs(share(values, (value) => value === 0) - 0.25)).toBeLessThan(
        5 * Math.sqrt((0.25 * 0.75) / 2000),
      );
      expect(values.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6)).toBe(true);
      for (const steps of first) for (const step of steps) expect(step).toEqual(steps[0]);
      expect(first[0][0]).not.toEqual(first[1][0]);
      expect(second).not.toEqual(first);
    });

    test('of states: its share and scale, on the state alone', async () => {
      const layer = transparent(1, { recurrentDropout: 0.5, seed: 4 });
      const zeros = tf.zeros([batch, 2, size]);
      const initialState = tf.ones([batch, size]);
      const outputs = await arrayOf(layer.apply(zeros, { initialState, training: true }));
      const once = outputs.flatMap(([step]) => step);
      expect(Math.abs(share(once, (value) => value === 0) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 2000));
      expect(once.every((value) => value === 0 || value === 2)).toBe(true);
      // The same mask at the second step: what was kept is doubled again, what was dropped stays away.
      const twice = outputs.flatMap(([, step]) => step);
      expect(twice).toEqual(once.map((value) => value * 2));
    });

    test('acts while training only', async () => {
      const layer = transparent(0, { dropout: 0.5, recurrentDropout: 0.5 });
      const x = tf.ones([1, 1, size]);
      for (const kwargs of [undefined, { training: false }]) {
        const values = await (layer.apply(x, kwargs) as tf.Tensor).data();
        expect([...values]).toEqual(new Array(size).fill(1));
      }
    });
  });
