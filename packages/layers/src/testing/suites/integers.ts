import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import { adam, embedding, gru, lstm, simpleRNN } from '../../index.js';
import { buildWithWaves, checkLayer, expectNear } from '../check-layer.js';
import { type Suite, waveTensor } from '../subject.js';

const SHAPE = [3, 4, 3];
const features = 3;
const units = 3;

const createBits = (length: number) => Array.from({ length }, (_, i) => (i * 5 + (i % 7)) % 2);
const createIntegers = (length: number) => Array.from({ length }, (_, i) => ((i * 5 + (i % 7)) % 5) - 2);

/** Whole numbers cast to float32. Backends may share the data of both tensors, which then holds integers. */
const castToFloat = (values: number[], shape: number[], dtype: 'int32' | 'bool' = 'int32') =>
  tf.cast(tf.tensor(values, shape, dtype), 'float32');

const ones = { kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;
/** A layer of h = Σ x + Σ h in every unit, whose outputs are easy to work out. */
const createSumming = () => simpleRNN({ units: 2, activation: 'linear', useBias: false, ...ones });

export const integersSuite: Suite = (subject) =>
  describe('whole numbers', () => {
    test.each([
      ['int32', () => tf.tensor([0, 1, 1, 0, 1, 1], [1, 3, 2], 'int32'), 0.3776],
      ['bool', () => tf.tensor([0, 1, 1, 0, 1, 1], [1, 3, 2], 'bool'), 0.3776],
      [
        'oneHot().toFloat()',
        () => tf.cast(tf.oneHot(tf.tensor([0, 2, 1], [1, 3], 'int32'), 3), 'float32'),
        0.4272,
      ],
    ])('a GRU of ones on %s', async (_, createInput, expected) => {
      const output = gru({ units: 2, ...ones }).apply(createInput()) as tf.Tensor;
      // The expected number has four digits.
      const { path } = subject;
      await expectNear(
        { path, tolerances: { forward: 5e-5, gradient: 0 } },
        [output],
        [[expected, expected]],
      );
    });

    test.each([
      ['int32', () => tf.tensor(createIntegers(36), SHAPE, 'int32')],
      ['bool', () => tf.tensor(createBits(36), SHAPE, 'bool')],
      ['int32 as float32', () => castToFloat(createIntegers(36), SHAPE)],
      ['bool as float32', () => castToFloat(createBits(36), SHAPE, 'bool')],
      [
        'computed, as float32',
        () => tf.cast(tf.notEqual(tf.tensor(createIntegers(36), SHAPE), 0), 'float32'),
      ],
      ['a reshaped cast', () => tf.reshape(castToFloat(createIntegers(36), [36]), SHAPE)],
    ])('as inputs: %s', async (_, createInput) => {
      await checkLayer(subject, buildWithWaves(gru({ units }), features), createInput());
    });

    test.each([
      ['int32', () => [castToFloat(createIntegers(9), [3, 3]), castToFloat(createIntegers(9), [3, 3])]],
      [
        'bool',
        () => [castToFloat(createBits(9), [3, 3], 'bool'), castToFloat(createBits(9), [3, 3], 'bool')],
      ],
    ])('as initial states, cast from %s', async (_, createStates) => {
      const layer = buildWithWaves(lstm({ units, returnState: true }), features);
      await checkLayer(subject, layer, waveTensor(SHAPE, 1), { initialState: createStates() });
    });

    test('as new states of a stateful layer', async () => {
      const layer = simpleRNN({ units: 2, activation: 'linear', useBias: false, stateful: true, ...ones });
      layer.apply(tf.ones([1, 1, 2]));
      layer.resetStates(castToFloat([1, 2], [1, 2]));
      await expectNear(subject, [layer.apply(tf.ones([1, 1, 2])) as tf.Tensor], [[5, 5]]);
    });

    test('as weights', async () => {
      const layer = createSumming();
      layer.build([null, null, 2]);
      layer.setWeights([castToFloat([1, 2, 3, 4], [2, 2]), castToFloat([0, 1, 1, 0], [2, 2])]);
      await checkLayer(subject, layer, waveTensor([2, 3, 2], 1));
    });

    test('as cotangents', async () => {
      const layer = createSumming();
      layer.build([null, null, 2]);
      layer.setWeights([tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.zeros([2, 2])]);
      const gradient = tf.grad((x: tf.Tensor) => layer.apply(x) as tf.Tensor);
      const x: tf.Tensor = tf.ones([1, 1, 2]);
      await expectNear(subject, [gradient(x, castToFloat([1, 10], [1, 2]))], [[21, 43]], 'gradient');
    });

    test('as gradients for adam', async () => {
      const weight = tf.variable(tf.zeros([3]));
      adam(1, 0.9, 0.999, 1).applyGradients([{ name: weight.name, tensor: castToFloat([1, 2, -3], [3]) }]);
      // 1 − β₂ = 0.001 has half of float32's digits.
      await expectNear(subject, [weight], [[-1 / 2, -2 / 3, 3 / 4]], 'gradient');
    });

    test.each([
      ['int32', () => tf.tensor([2, 0, 1, 1], [2, 2], 'int32')],
      ['float32', () => tf.tensor([2.9, 0, 1, 1.5], [2, 2])],
      ['int32 as float32', () => castToFloat([2, 0, 1, 1], [2, 2])],
    ])('as indices of an embedding: %s', async (_, createIndices) => {
      const layer = embedding({ inputDim: 4, outputDim: 2 });
      layer.build();
      layer.setWeights([tf.tensor2d([0, 1, 2, 3, 4, 5, 6, 7], [4, 2])]);
      const x = createIndices();
      const table = layer.weights[0].read() as tf.Variable;
      let rows: tf.Tensor | undefined;
      const { grads } = tf.variableGrads(() => {
        rows = tf.keep(layer.apply(x) as tf.Tensor);
        return tf.sum(tf.mul(rows, castToFloat([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])));
      }, [table]);
      await expectNear(subject, [rows as tf.Tensor], [[4, 5, 0, 1, 2, 3, 2, 3]]);
      await expectNear(subject, [grads[table.name]], [[3, 4, 12, 14, 1, 2, 0, 0]], 'gradient');
    });
  });
