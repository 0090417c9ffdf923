import { defineCell } from '@sluice/core';
import { bias, kernel, recurrentKernel, tanh } from '@sluice/core/equations';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { bidirectional, gru, lstm, rnn, sru } from '../../index.js';
import { buildWithWaves, checkLayer } from '../check-layer.js';
import { readAllFloat64, type Suite, waveTensor } from '../subject.js';

const [batch, timesteps, features, units] = [3, 4, 3, 3];
const MASK = [1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1];

const DIRECTIONS = {
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
    describe.each(Object.entries(DIRECTIONS))('%s', (_, create) => {
      test.each([
        ['without padding', () => ({})],
        ['masked', () => ({ mask: tf.tensor(MASK, [batch, timesteps]) })],
      ])('%s', async (_, createCall) => {
        const layer = buildWithWaves(create(), features);
        await checkLayer(subject, layer, waveTensor([batch, timesteps, features], 1), createCall());
      });
    });
  });

/** A cell whose output is not a state, with products of a row that consists of parameters alone. */
const userCell = defineCell({
  name: 'ofParameters',
  states: ['h', 'm'],
  parameters: {
    kernel: kernel('h'),
    recurrentKernel: recurrentKernel('h', 'g', 'o'),
    bias: bias('p'),
  },
  equations: ({ x, h, m }, { kernel: W, recurrentKernel: U, bias: v }) => {
    const memory = m.mul(0.5).add(U.o(U.h(v.p)).mul(h));
    return { h: tanh(W.h(x).add(U.g(v.p).mul(h)).add(memory)), m: memory, output: memory.add(h).mul(v.p) };
  },
});

export const ownCellSuite: Suite = (subject) =>
  describe("a user's own cell", () => {
    test.each([
      ['sequences', 4],
      ['a single step', 1],
    ])('%s', async (_, steps) => {
      const layer = rnn({ cell: userCell, units, returnSequences: true, returnState: true });
      const initialState = [waveTensor([batch, units], 2), waveTensor([batch, units], 3)];
      const bits = [1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1].slice(0, batch * steps);
      const call = { initialState, mask: tf.tensor(bits, [batch, steps]) };
      const x = waveTensor([batch, steps, features], 1);
      await checkLayer(subject, buildWithWaves(layer, features), x, call);
    });
  });

const FOR_EMPTY_BATCH = {
  gru: () => gru({ units, returnSequences: true }),
  'lstm, last output': () => lstm({ units, dropout: 0.5 }),
  'sru, backwards': () => sru({ units, returnSequences: true, goBackwards: true }),
  'bidirectional, summed': () => bidirectional({ layer: gru({ units }), mergeMode: 'sum' }),
};

export const emptyBatchSuite: Suite = () =>
  describe('an empty batch', () => {
    test.each(Object.entries(FOR_EMPTY_BATCH))(
      '%s: the result is empty, the gradients are zeros',
      async (name, create) => {
        const layer = buildWithWaves(create(), features);
        const x = tf.zeros([0, timesteps, features]);
        const call = { training: true, mask: tf.zeros([0, timesteps]) };
        const output = layer.apply(x, call) as tf.Tensor;
        const isSequence = name === 'gru' || name.startsWith('sru');
        expect(output.shape).toEqual(isSequence ? [0, timesteps, units] : [0, units]);
        expect(await output.data()).toHaveLength(0);

        // Without a loss, because TensorFlow.js cannot sum an empty tensor on wasm and webgpu.
        const weights = layer.trainableWeights.map((weight) => weight.read());
        const gradients = tf.grads(() => layer.apply(x, call) as tf.Tensor)(weights, tf.zerosLike(output));
        expect(gradients.map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape));
        for (const numbers of await readAllFloat64(gradients)) {
          expect(numbers.every((n) => n === 0)).toBe(true);
        }
      },
    );
  });
