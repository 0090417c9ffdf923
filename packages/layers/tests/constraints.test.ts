import * as tf from '@tensorflow/tfjs-core';
import { constraints, layers as tfjs } from '@tensorflow/tfjs-layers';
import { expect, test, vi } from 'vitest';
import { adam, bidirectional, clipGradients, dense, embedding, gru, lstm, sequential } from '../src/index.js';
import './backends.js';
import { saveAndLoad } from './model-files.js';

const x = tf.randomNormal([4, 3, 2], 0, 1, 'float32', 1);
const y = tf.randomNormal([4, 1], 0, 5, 'float32', 2);
const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const weightsOf = (made: { getWeights(): tf.Tensor[] }) => made.getWeights().map(values);

/** The largest norm of a column, in float64, and the smallest number. */
function measureWeight(weight: tf.Tensor): { norm: number; least: number } {
  const columns = weight.shape.at(-1) as number;
  const squares = new Float64Array(columns);
  const numbers = values(weight);
  numbers.forEach((number, i) => {
    squares[i % columns] += number ** 2;
  });
  return { norm: Math.sqrt(Math.max(...squares)), least: Math.min(...numbers) };
}

/** `maxNorm` rounds the norm, its quotient and each product to float32: at most 2.5 units in 300,000 columns of two. */
const LARGEST_NORM = 0.5 * (1 + 4 * 2 ** -24);

/** A layer whose start values violate every constraint. */
const createConstrained = () =>
  gru({
    units: 3,
    seed: 1,
    inputShape: [3, 2],
    kernelInitializer: 'ones',
    biasInitializer: { className: 'Constant', config: { value: -1 } },
    kernelConstraint: constraints.maxNorm({ maxValue: 0.5, axis: 0 }),
    recurrentConstraint: 'nonNeg',
    biasConstraint: 'nonNeg',
  });

function expectConstrained(layer: Pick<tfjs.Layer, 'getWeights'>): void {
  const [kernel, recurrent, bias] = layer.getWeights().map(measureWeight);
  expect(kernel.norm).toBeLessThanOrEqual(LARGEST_NORM);
  expect(kernel.norm).toBeGreaterThan(0.4);
  expect(recurrent.least).toBeGreaterThanOrEqual(0);
  expect(bias.least).toBeGreaterThanOrEqual(0);
}

const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(0.1),
  adam: () => tf.train.adam(0.1),
  adamax: () => tf.train.adamax(0.1),
  rmsprop: () => tf.train.rmsprop(0.1),
  "Sluice's adam": () => adam(0.1),
  clipGradients: () => clipGradients(adam(0.1), { norm: 1 }),
};

test.each(Object.entries(OPTIMIZERS))(
  '%s: constraints hold after every update, also in fit',
  async (_, create) => {
    const model = sequential({ layers: [createConstrained(), dense({ units: 1 })] });
    const [layer] = model.layers;
    model.compile({ optimizer: create(), loss: 'meanSquaredError' });
    await model.trainOnBatch(x, y);
    expectConstrained(layer);
    await model.fit(x, y, { epochs: 1, batchSize: 2, verbose: 0 });
    expectConstrained(layer);
  },
);

test('constraints hold after optimizer.minimize and applyGradients', () => {
  const layer = createConstrained();
  const loss = () => tf.mean(layer.apply(x)) as tf.Scalar;
  loss();
  const optimizer = tf.train.sgd(0.1);
  optimizer.minimize(loss);
  expectConstrained(layer);
  layer.setWeights(layer.getWeights().map((weight) => tf.sub(weight, 3)));
  optimizer.applyGradients(tf.variableGrads(loss).grads);
  expectConstrained(layer);
});

test('loaded weights are unchanged, bit for bit, until they are trained', async () => {
  const model = sequential({ layers: [createConstrained(), dense({ units: 1 })] });
  const [start] = weightsOf(model);
  expect(start).toEqual(new Array(18).fill(1));
  model.setWeights(model.getWeights().map((weight) => tf.sub(weight, 3)));
  const given = weightsOf(model);
  expect(given[0]).toEqual(new Array(18).fill(-2));
  const loaded = await saveAndLoad(model);
  expect(weightsOf(loaded)).toEqual(given);
  loaded.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await loaded.fit(x, y, { epochs: 1, verbose: 0 });
  expectConstrained(loaded.layers[0]);
});

test('constraints of embedding and of both directions of bidirectional hold', async () => {
  const args = { units: 2, recurrentConstraint: 'nonNeg', kernelConstraint: 'unitNorm' };
  const model = sequential({
    layers: [
      embedding({ inputDim: 5, outputDim: 2, inputLength: 3, embeddingsConstraint: 'nonNeg' }),
      bidirectional({ layer: lstm(args) }),
      dense({ units: 1 }),
    ],
  });
  const tokens = tf.tensor2d([[0, 1, 2]], [1, 3], 'int32');
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  await model.fit(tokens, tf.ones([1, 1]), { epochs: 1, verbose: 0 });
  const [table, ...both] = model.layers.slice(0, 2).flatMap((layer) => layer.getWeights().map(measureWeight));
  expect(table.least).toBeGreaterThanOrEqual(0);
  for (const [kernel, recurrent] of [both.slice(0, 3), both.slice(3)]) {
    expect(kernel.norm).toBeCloseTo(1, 5);
    expect(recurrent.least).toBeGreaterThanOrEqual(0);
  }
});

test('a user’s constraint may return the weight itself', () => {
  const same = { apply: (weight: tf.Tensor) => weight, getClassName: () => 'Same', getConfig: () => ({}) };
  const layer = lstm({ units: 2, kernelConstraint: same as never });
  const loss = () => tf.mean(layer.apply(x)) as tf.Scalar;
  loss();
  const [before] = weightsOf(layer);
  tf.train.sgd(1).minimize(loss);
  const [after] = weightsOf(layer);
  expect(after).not.toEqual(before);
});

test('constraints leak no tensor and no byte', async () => {
  const before = tf.memory();
  const model = sequential({ layers: [createConstrained(), dense({ units: 1 })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const given = model.getWeights().map((weight) => tf.clone(weight));
  const use = async () => {
    await model.trainOnBatch(x, y).then((loss) => tf.dispose(loss));
    model.setWeights(given);
  };
  await use();
  const [tensors, bytes] = [tf.memory().numTensors, tf.memory().numBytes];
  await use();
  await use();
  expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([tensors, bytes]);
  model.dispose();
  tf.dispose(given);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numBytes).toBe(before.numBytes);
});

test('dense warns once that TensorFlow.js does not apply its constraints during training', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  dense({ units: 1, kernelConstraint: null as never });
  expect(warn).not.toHaveBeenCalled();
  const layer = dense({ units: 1, kernelConstraint: 'nonNeg', name: 'answer' });
  dense({ units: 1, biasConstraint: 'nonNeg' });
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /answer: TensorFlow.js applies the constraints of its own layers only when weights are loaded, not during training/,
      ),
    ],
  ]);
  expect(layer).toBeInstanceOf(tfjs.Layer);
});
