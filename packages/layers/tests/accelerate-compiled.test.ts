import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { accelerate, adam, clipGradients } from '../src/index.js';
import './backends.js';

const { layers } = tfl;
const glorot = { recurrentInitializer: 'glorotUniform' } as const;

/** A classifier without an embedding: TensorFlow.js cannot train that on every backend. */
const classifier = () =>
  tfl.sequential({
    layers: [
      layers.gru({ units: 3, ...glorot, returnSequences: true, inputShape: [4, 2] }),
      layers.bidirectional({ layer: layers.lstm({ units: 2, ...glorot }) as never, mergeMode: 'concat' }),
      layers.batchNormalization(),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });

const x = tf.randomNormal([6, 4, 2], 0, 1, 'float32', 5);
const y = tf.tensor2d([[0], [1], [1], [0], [1], [0]]);

const OPTIMIZERS: [string, () => tf.Optimizer][] = [
  ['sgd', () => tf.train.sgd(0.1)],
  ['momentum', () => tf.train.momentum(0.1, 0.8, true)],
  ['adagrad', () => tf.train.adagrad(0.1, 0.2)],
  ['adadelta', () => tf.train.adadelta(0.5)],
  ['rmsprop', () => tf.train.rmsprop(0.01, 0.8, 0.1)],
  ['adam', () => tf.train.adam(0.05)],
  ['adamax', () => tf.train.adamax(0.05)],
  ["Sluice's adam", () => adam(0.05)],
  ['clipped', () => clipGradients(tf.train.adam(0.05), { globalNorm: 0.5 })],
];

/** The tensors that TensorFlow.js's own optimizer leaves behind: momentum leaves one. */
function leakOf(optimizer: () => tf.Optimizer): number {
  const before = tf.memory().numTensors;
  optimizer().dispose();
  return tf.memory().numTensors - before;
}

describe('a compiled model', () => {
  // The classes of TensorFlow.js's optimizers differ in their slots; the quick tier has one that accumulates, and ours.
  const some = ['momentum', 'adam', "Sluice's adam", 'clipped'];
  const chosen = OPTIMIZERS.filter(([name]) => testTier() === 'full' || some.includes(name));
  test.each(chosen)('goes on training with %s as if nothing had changed', async (_, optimizer) => {
    const model = classifier();
    model.compile({ optimizer: optimizer(), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    for (let batch = 0; batch < 3; batch++) await model.trainOnBatch(x, y);
    const before = tf.memory().numTensors;
    const fast = accelerate(model);
    const losses = async (trained: tfl.LayersModel) => {
      const all: number[] = [];
      for (let batch = 0; batch < 3; batch++) {
        all.push(...((await trained.trainOnBatch(x, y)) as number[]));
      }
      return all;
    };
    const actual = await losses(fast);
    fast.dispose();
    expect(tf.memory().numTensors).toBe(before + leakOf(optimizer));
    const expected = await losses(model);
    expect(actual.length).toBe(6);
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    expect(expected[4]).not.toBeCloseTo(expected[0], 4);
  });

  test('keeps losses and metrics that are functions, and layers that are not trained', async () => {
    const model = classifier();
    model.layers[0].trainable = false;
    const loss = (expected: tf.Tensor, actual: tf.Tensor) => tf.losses.absoluteDifference(expected, actual);
    const metric = (_: tf.Tensor, actual: tf.Tensor) => tf.mean(actual);
    model.compile({ optimizer: 'sgd', loss: loss as never, metrics: [metric as never] });
    const fast = accelerate(model);
    expect(fast.layers.map(({ trainable }) => trainable)).toEqual([false, true, true, true]);
    const kernel = await fast.layers[0].getWeights()[0].data();
    const results = (await fast.trainOnBatch(x, y)) as number[];
    const expected = (await model.trainOnBatch(x, y)) as number[];
    expect(results.length).toBe(2);
    for (const i of [0, 1]) expect(results[i]).toBeCloseTo(expected[i], 6);
    expect(await fast.layers[0].getWeights()[0].data()).toEqual(kernel);
  });
});

test('regularizers of recurrent layers have an effect: TensorFlow.js ignores them, as documented', async () => {
  const make = (kernelRegularizer: ReturnType<typeof tfl.regularizers.l2>) =>
    tfl.sequential({
      layers: [layers.simpleRNN({ units: 1, ...glorot, inputShape: [4, 2], kernelRegularizer })],
    });
  const loss = async (model: tfl.LayersModel) => {
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return (await model.trainOnBatch(x, y)) as number;
  };
  const model = make(tfl.regularizers.l2());
  const fast = accelerate(model);
  const kernel = model.getWeights()[0];
  const penalty = tf.mul(0.01, tf.sum(tf.square(kernel))).dataSync()[0];
  const [slowLoss, fastLoss] = [await loss(model), await loss(fast)];
  expect(penalty).toBeGreaterThan(1e-4);
  expect(fastLoss - slowLoss).toBeCloseTo(penalty, 5);
});

describe('layers that stay', () => {
  const left = (layer: tfl.layers.Layer, shape = [4, 2]) => {
    const input = tfl.input({ shape });
    return accelerate(tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor }))
      .acceleration;
  };

  test.each([
    [
      'cells one above the other',
      () =>
        left(
          layers.rnn({
            cell: layers.stackedRNNCells({
              cells: [layers.gruCell({ units: 2, ...glorot }), layers.gruCell({ units: 3, ...glorot })],
            }),
          }),
        ),
      'RNN stays, since its cell is StackedRNNCells',
    ],
    [
      'an activation of whole rows',
      () => left(layers.gru({ units: 2, ...glorot, activation: 'softmax' })),
      "GRU stays, since its activation is 'softmax'",
    ],
    [
      'an activation of whole rows in a wrapper',
      () =>
        left(
          layers.bidirectional({
            layer: layers.simpleRNN({ units: 2, ...glorot, activation: 'softmax' }) as never,
            mergeMode: 'sum',
          }),
        ),
      "Bidirectional stays, since of its inner layer: its activation is 'softmax'",
    ],
    [
      'convolutions',
      () => left(layers.convLstm2d({ filters: 2, kernelSize: 2, ...glorot }) as never, [3, 4, 4, 1]),
      'ConvLSTM2D stays, since a step multiplies by convolutions',
    ],
  ])('%s', (_, accelerated, message) => {
    const report = accelerated();
    expect(report.replaced).toEqual([]);
    expect(String(report)).toContain(message);
  });

  test('a model without recurrent layers says so', () => {
    const report = left(layers.dense({ units: 1 }), [3]);
    expect(String(report)).toBe('The model has no recurrent layer and no embedding.');
  });
});

describe('what is no model of known layers', () => {
  test.each([
    ['null', null, 'but was given null'],
    ['a GraphModel', { executeAsync: () => null }, 'load the Keras or ONNX file with loadModel'],
    ['a layer', layers.gru({ units: 2, ...glorot }), 'but was given object'],
  ])('%s is refused', (_, model, message) => {
    expect(() => accelerate(model as never)).toThrow(message);
  });

  test('a class that is not registered is named', () => {
    class Doubled extends tfl.layers.Layer {
      static readonly className = 'Doubled';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, 2);
      }
    }
    const model = tfl.sequential({ layers: [new Doubled({ inputShape: [3] })] });
    expect(() => accelerate(model)).toThrow(
      /TensorFlow.js has no class for these layers: doubled\S* \(Doubled\)/,
    );
  });
});
