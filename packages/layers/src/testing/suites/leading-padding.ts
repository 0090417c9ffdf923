import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, test } from 'vitest';
import { gru, lstm, simpleRNN, sru } from '../../index.js';
import { checkLayer, expectNear } from '../check-layer.js';
import { setWave, wave } from '../numbers.js';
import type { Suite } from '../subject.js';

const ones = { units: 2, kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;
const x = () => tf.ones([1, 3, 2]);
const state = (value: number) => tf.fill([1, 2], value);
const padded = () => tf.tensor2d([[0, 0, 0]]);

const LAYERS = {
  gru: () => gru({ units: 3, returnSequences: true, goBackwards: true }),
  lstm: () => lstm({ units: 3, returnSequences: true, returnState: true }),
  sru: () => sru({ units: 3, returnSequences: true }),
};

/** Padded steps before the first that is not: the output repeats the initial state, where the output is a state. */
export const leadingPaddingSuite: Suite = (subject) =>
  describe('padding before the first step', () => {
    const expectOutput = (output: unknown, expected: number[]) =>
      expectNear(subject, [output as tf.Tensor], [expected]);

    test.each(Object.entries(LAYERS))('outputs and gradients: %s', async (_, make) => {
      const layer = make();
      layer.build([null, null, 3]);
      setWave(layer);
      const initialState = layer.cell.states.map((_, i) => wave([3, 3], 2 + i));
      const mask = tf.tensor([0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0], [3, 4]);
      await checkLayer(subject, layer, wave([3, 4, 3], 1), { initialState, mask });
    });

    test('a row of padding gives the initial state, as with tf.layers', async () => {
      const call = { initialState: state(0.5), mask: padded() };
      await expectOutput(simpleRNN(ones).apply(x(), call), [0.5, 0.5]);
      await expectOutput(tfl.layers.simpleRNN({ ...ones }).apply(x(), call as never), [0.5, 0.5]);
    });

    test('of an LSTM the first state, of an SRU zeros', async () => {
      const call = { initialState: [state(0.5), state(0.25)], mask: padded() };
      await expectOutput(lstm({ units: 2 }).apply(x(), call), [0.5, 0.5]);
      await expectOutput(sru({ units: 2 }).apply(x(), { initialState: state(0.5), mask: padded() }), [0, 0]);
    });

    test('zeroOutputForMask still gives zeros', async () => {
      const layer = simpleRNN({ ...ones, zeroOutputForMask: true });
      await expectOutput(layer.apply(x(), { initialState: state(0.5), mask: padded() }), [0, 0]);
    });

    test('the stored state of a stateful layer', async () => {
      const layer = simpleRNN({ ...ones, stateful: true });
      layer.resetStates(state(0.25));
      await expectOutput(layer.apply(x(), { mask: padded() }), [0.25, 0.25]);
    });

    test('the gradient flows to the initial state', async () => {
      const layer = simpleRNN({ ...ones, returnSequences: true });
      const mask = tf.tensor2d([[0, 0, 1]]);
      const weight = tf.tensor([1, 10, 2, 20, 0, 0], [1, 3, 2]);
      const loss = (initialState: tf.Tensor) =>
        tf.sum(tf.mul(layer.apply(x(), { initialState, mask }) as tf.Tensor, weight));
      await expectNear(subject, [tf.grad(loss)(state(0.5))], [[3, 30]], 'gradient');
    });
  });
