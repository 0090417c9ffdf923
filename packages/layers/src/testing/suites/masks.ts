import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, embedding, gru, input, lstm, model, simpleRNN, sru } from '../../index.js';
import { type Checked, checkLayer, expectNear } from '../check-layer.js';
import { float64, float64s, setWave, wave } from '../numbers.js';
import { runReference } from '../reference-layer.js';
import type { Suite } from '../subject.js';

const [batch, timesteps, features, units] = [3, 4, 3, 3];
const SHAPE = [batch, timesteps, features];

/** A hole, padding behind, and a row of nothing else. */
const HOLES = [1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
const ROWS = [batch, timesteps];

const LAYERS = {
  gru: () => gru({ units, returnSequences: true, returnState: true }),
  'gru, zero output': () => gru({ units, returnSequences: true, zeroOutputForMask: true }),
  'lstm, last output': () => lstm({ units, returnState: true }),
  'sru, backwards': () => sru({ units, returnSequences: true, goBackwards: true }),
};

export const masksSuite: Suite = (subject) =>
  describe('masks', () => {
    test('given to apply: the numbers of a GRU of ones', async () => {
      const layer = gru({ units: 2, kernelInitializer: 'ones', recurrentInitializer: 'ones' });
      const mask = tf.tensor2d([[1, 1, 1]]);
      const output = layer.apply(tf.ones([1, 3, 2]), { mask });
      const values = await float64(output);
      expect(values.length).toBe(2);
      for (const value of values) expect(value).toBeCloseTo(0.2639, 4);
    });

    test.each(Object.entries(LAYERS))('given to apply: %s', async (_, make) => {
      const layer = make();
      layer.build([null, null, features]);
      setWave(layer);
      await checkLayer(subject, layer, wave(SHAPE, 1), { mask: tf.tensor(HOLES, ROWS) });
    });

    test.each([
      ['bool', () => tf.tensor(HOLES, ROWS, 'bool')],
      ['int32', () => tf.tensor(HOLES, ROWS, 'int32')],
      ['a comparison', () => tf.notEqual(tf.tensor(HOLES, ROWS), 0)],
      ['a comparison as float32', () => tf.cast(tf.greater(tf.tensor(HOLES, ROWS), 0), 'float32')],
      ['numbers other than 1', () => tf.mul(tf.tensor(HOLES, ROWS), -2.5)],
    ])('of any type: %s', async (_, mask) => {
      const layer = gru({ units, returnSequences: true });
      layer.build([null, null, features]);
      setWave(layer);
      await checkLayer(subject, layer, wave(SHAPE, 2), { mask: mask() });
    });

    test('NaN at padded steps stays there', async () => {
      const layer = gru({ units });
      layer.build([null, null, features]);
      setWave(layer);
      const padded = tf.equal(tf.tensor(HOLES, [...ROWS, 1]), 0);
      const x = tf.where(padded, Number.NaN, wave(SHAPE, 3));
      await checkLayer(subject, layer, x, { mask: tf.tensor(HOLES, ROWS) });
    });

    test.each([
      [
        'embedding',
        () => embedding({ inputDim: 5, outputDim: features, maskZero: true }),
        // Whole, padded, with a hole.
        () => tf.tensor2d([4, 2, 3, 1, 1, 2, 0, 0, 1, 0, 2, 2], [3, 4], 'int32'),
      ],
      [
        'masking',
        () => tfjs.masking({ maskValue: 7 }),
        // Padded where every feature is 7.
        () => tf.where(tf.equal(tf.tensor(HOLES, [...ROWS, 1]), 0), 7, wave(SHAPE, 4)),
      ],
    ] as const)('from %s: layers in a model, and behind one another', async (kind, make, inputs) => {
      const x: tf.Tensor = inputs();
      const source = input({ shape: [null, ...x.shape.slice(2)] });
      const first = make();
      const masked = first.apply(source) as SymbolicTensor;
      const layers = {
        sequence: gru({ units, returnSequences: true }),
        last: lstm({ units }),
        both: bidirectional({ layer: sru({ units }), mergeMode: 'sum' }),
        backwards: simpleRNN({ units, goBackwards: true }),
      };
      const sequence = layers.sequence.apply(masked);
      const outputs = [
        layers.last.apply(sequence),
        layers.both.apply(sequence),
        layers.backwards.apply(masked),
      ];
      const made = model({ inputs: source, outputs });
      setWave(made);
      const predictions = made.predict(x) as tf.Tensor[];

      const given = await float64(x);
      const mask =
        kind === 'masking' ? Float64Array.from(HOLES) : given.map((index) => (index === 0 ? 0 : 1));
      const rows = kind === 'masking' ? given : await float64(first.apply(x) as tf.Tensor);
      const outputOf = async (layer: Checked, input: Float64Array) => {
        const weights = await float64s(layer.getWeights());
        return runReference(layer, weights, { batch, timesteps, x: input, mask }).outputs[0];
      };
      const inner = await outputOf(layers.sequence, rows);
      await expectNear(subject, predictions, [
        await outputOf(layers.last, inner),
        await outputOf(layers.both, inner),
        await outputOf(layers.backwards, rows),
      ]);
    });

    test.each([
      ['gru', () => gru({ units, returnSequences: true })],
      ['bidirectional', () => bidirectional({ layer: lstm({ units, returnSequences: true }) })],
    ])('through add and average, to %s and the layer behind it', async (_, make) => {
      const [source, first, last] = [input({ shape: [timesteps] }), make(), gru({ units })];
      const rows = embedding({ inputDim: 5, outputDim: features, maskZero: true }).apply(source);
      const twice = tfjs.add().apply([rows, rows]) as SymbolicTensor;
      // Each of these layers puts a 1 before the mask's shape.
      const sequence = tfjs.average().apply([twice, twice]) as SymbolicTensor;
      const made = model({ inputs: source, outputs: [sequence, last.apply(first.apply(sequence))] });
      setWave(made);
      const tokens = tf.tensor2d([4, 2, 3, 1, 1, 2, 0, 0, 1, 0, 2, 2], [3, 4], 'int32');
      const [given, result] = made.predict(tokens) as tf.Tensor[];
      const mask = tf.notEqual(tokens, 0);
      const expected = last.apply(first.apply(given, { mask }), { mask });
      await expectNear(subject, [result], [await float64(expected)]);
    });

    test("an encoder's mask does not reach a decoder of unpadded inputs", async () => {
      const [source, target] = [input({ shape: [timesteps] }), input({ shape: [timesteps, features] })];
      const embedded = embedding({ inputDim: 5, outputDim: features, maskZero: true }).apply(source);
      const encoder = gru({ units });
      const decoder = gru({ units });
      const encoded = encoder.apply(embedded);
      const decoded = decoder.apply(target, { initialState: encoded });
      const both = model({ inputs: [source, target], outputs: [decoded, encoded] });
      setWave(both);
      const x = wave([1, timesteps, features], 5);
      const tokens = tf.tensor2d([[1, 2, 0, 0]], [1, timesteps], 'int32');
      const [result, state] = both.predict([tokens, x]) as tf.Tensor[];
      const call = { batch: 1, timesteps, x: await float64(x), initialStates: [await float64(state)] };
      const { outputs } = runReference(decoder, await float64s(decoder.getWeights()), call);
      await expectNear(subject, [result], outputs);
    });
  });
