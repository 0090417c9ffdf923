import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import { bidirectional, gru, lstm, sru } from '../../index.js';
import { checkLayer } from '../check-layer.js';
import { setWave, wave } from '../numbers.js';
import type { Suite } from '../subject.js';

const SHAPE = [3, 4, 3];
const units = 3;
const HOLES = [1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1];

const LAYERS = {
  'goBackwards, sequences': () => gru({ units, returnSequences: true, goBackwards: true }),
  'goBackwards, last output': () => lstm({ units, returnState: true, goBackwards: true }),
  ...Object.fromEntries(
    (['concat', 'sum', 'ave', 'mul', null] as const).map((mergeMode) => [
      `bidirectional, ${mergeMode}, sequences`,
      () => bidirectional({ layer: gru({ units, returnSequences: true }), mergeMode }),
    ]),
  ),
  'bidirectional, last outputs and states': () =>
    bidirectional({ layer: gru({ units, returnState: true }), mergeMode: 'mul' }),
  'bidirectional of a layer that goes backwards': () =>
    bidirectional({ layer: gru({ units, returnSequences: true, goBackwards: true }) }),
  'bidirectional, two kinds of layers': () =>
    bidirectional({
      layer: gru({ units }),
      backwardLayer: sru({ units, goBackwards: true }),
      mergeMode: 'sum',
    }),
};

export const directionsSuite: Suite = (subject) =>
  describe('directions', () => {
    describe.each(Object.entries(LAYERS))('%s', (_, make) => {
      test.each([
        ['whole', () => ({})],
        ['masked', () => ({ mask: tf.tensor(HOLES, [3, 4]) })],
      ])('%s sequences', async (_, call) => {
        const layer = make();
        layer.build([null, null, SHAPE[2]]);
        setWave(layer);
        await checkLayer(subject, layer, wave(SHAPE, 1), call());
      });
    });
  });
