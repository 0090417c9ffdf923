import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import {
  bidirectional,
  gru,
  lstm,
  orthogonal,
  type RecurrentLayer,
  rnn,
  sequential,
  simpleRNN,
  sru,
} from '../src/index.js';
import { BACKENDS } from './backends.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function built<Layer extends { build(shape: (number | null)[]): void }>(layer: Layer): Layer {
  layer.build([null, null, 5]);
  return layer;
}

/** The start values of a layer's weights by name. */
const weightsOf = (layer: { weights: RecurrentLayer['weights'] }) =>
  Object.fromEntries(
    layer.weights.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]),
  );

const filled = (count: number, value: number) => new Array(count).fill(value);

test('names, shapes and start values match Keras', () => {
  const layer = built(lstm({ units: 3, seed: 1 }));
  expect(layer.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual([
    ['kernel', [5, 12]],
    ['recurrent_kernel', [3, 12]],
    ['bias', [12]],
  ]);
  const { kernel, bias } = weightsOf(layer);
  // Glorot: uniform up to √(6 / (rows + columns)).
  const limit = Math.sqrt(6 / 17);
  expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(Math.max(...kernel.map(Math.abs))).toBeGreaterThan(0.8 * limit);
  expect(bias).toEqual([...filled(3, 0), ...filled(3, 1), ...filled(6, 0)]);
  const rows = tf.tensor2d(weightsOf(layer).recurrent_kernel, [3, 12]);
  const gram = (tf.matMul(rows, rows, false, true) as tf.Tensor2D).arraySync();
  gram.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(i === j ? 1 : 0, 5);
    });
  });
});

test('start values of biases: forget gate, highway, both rows of a reset-after GRU', () => {
  const biasOf = (layer: RecurrentLayer) => weightsOf(built(layer)).bias;
  expect(biasOf(lstm({ units: 2, unitForgetBias: false }))).toEqual(filled(8, 0));
  expect(biasOf(lstm({ units: 2, biasInitializer: 'ones', unitForgetBias: false }))).toEqual(filled(8, 1));
  const constant = { className: 'Constant', config: { value: 3 } };
  expect(biasOf(lstm({ units: 2, biasInitializer: constant }))).toEqual([3, 3, 1, 1, 3, 3, 3, 3]);
  expect(biasOf(sru({ units: 2, highwayBias: -2 }))).toEqual([0, 0, -2, -2]);
  expect(biasOf(gru({ units: 2, biasInitializer: 'ones' }))).toEqual(filled(12, 1));
  expect(built(gru({ units: 2 })).weights[2].shape).toEqual([2, 6]);
  expect(built(gru({ units: 2, resetAfter: false })).weights[2].shape).toEqual([6]);
  for (const layer of [gru({ units: 2, useBias: false }), simpleRNN({ units: 2, useBias: false })]) {
    expect(Object.keys(weightsOf(built(layer)))).toEqual(['kernel', 'recurrent_kernel']);
  }
});

test('start values of an SRU match the authors’ library', () => {
  const { kernel, recurrent_vector: vector } = weightsOf(built(sru({ units: 40, seed: 1 })));
  const largest = (values: number[]) => Math.max(...values.map(Math.abs));
  expect(largest(kernel)).toBeLessThanOrEqual(Math.sqrt(3 / 5));
  expect(largest(kernel)).toBeGreaterThan(0.95 * Math.sqrt(3 / 5));
  expect(largest(vector)).toBeLessThanOrEqual(Math.sqrt(1.5));
  expect(largest(vector)).toBeGreaterThan(0.9 * Math.sqrt(1.5));
  expect(vector.length).toBe(80);
  expect(Object.keys(weightsOf(built(sru({ units: 4, recurrence: 'full' }))))).toContain('recurrent_kernel');
});

test('a seed repeats the weights on every backend; without a seed they differ', async () => {
  const make = (seed?: number) => weightsOf(built(gru({ units: 3, seed })));
  const expected = make(1);
  for (const backend of BACKENDS) {
    await tf.setBackend(backend);
    expect(make(1)).toEqual(expected);
  }
  expect(make(2).kernel).not.toEqual(expected.kernel);
  expect(make(2).recurrent_kernel).not.toEqual(expected.recurrent_kernel);
  expect(make().kernel).not.toEqual(make().kernel);
  expect(make().recurrent_kernel).not.toEqual(make().recurrent_kernel);
});

test('initializers passed as objects keep their own seeds', () => {
  const recurrentInitializer = orthogonal({ seed: 3, gain: 2 });
  const [a, b] = [1, 2].map((seed) => weightsOf(built(gru({ units: 3, seed, recurrentInitializer }))));
  expect(a.recurrent_kernel).toEqual(b.recurrent_kernel);
  expect(a.kernel).not.toEqual(b.kernel);
});

test('the two directions of one seed start from different weights', () => {
  const layer = built(bidirectional({ layer: gru({ units: 3, seed: 1, name: 'g' }) }));
  const weights = weightsOf(layer);
  expect(weights['backward_g/kernel']).not.toEqual(weights['forward_g/kernel']);
  const again = weightsOf(built(bidirectional({ layer: gru({ units: 3, seed: 1, name: 'g' }) })));
  expect(again).toEqual(weights);
});

test('recurrent vectors use the recurrent initializer', () => {
  const layer = built(rnn({ units: 3, cell: cells.indRnn(), recurrentInitializer: 'ones' }));
  expect(weightsOf(layer).recurrent_vector).toEqual([1, 1, 1]);
  expect(weightsOf(built(lstm({ units: 3, peephole: true }))).recurrent_vector.length).toBe(9);
});

test('regularizers add to the loss; frozen layers have no trainable weights', async () => {
  const layer = simpleRNN({
    units: 2,
    inputShape: [3, 2],
    kernelInitializer: 'ones',
    recurrentInitializer: 'ones',
    biasInitializer: 'ones',
    kernelRegularizer: 'l2',
    recurrentRegularizer: { className: 'L1L2', config: { l1: 0.5, l2: 0 } },
    biasRegularizer: 'l1',
  });
  const model = sequential({ layers: [bidirectional({ layer, inputShape: [3, 2] })] });
  const penalties = model.layers[0].calculateLosses().map((loss) => loss.dataSync()[0]);
  [0.04, 2, 0.02, 0.04, 2, 0.02].forEach((penalty, i) => {
    expect(penalties[i]).toBeCloseTo(penalty, 6);
  });
  model.layers[0].trainable = false;
  expect(model.trainableWeights).toEqual([]);
  expect(model.weights.length).toBe(6);
  model.layers[0].trainable = true;
  expect(model.trainableWeights.length).toBe(6);
});

test.each(['forwardLayer', 'backwardLayer'] as const)(
  'weights keep their order while %s is frozen',
  (frozen) => {
    const layer = built(bidirectional({ layer: gru({ units: 2, seed: 1 }) }));
    const before = layer.getWeights().map((weight) => [...weight.dataSync()]);
    layer[frozen].trainable = false;
    const kept = layer.getWeights();
    expect(kept.map((weight) => [...weight.dataSync()])).toEqual(before);
    layer.setWeights(kept);
    expect(layer.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
    expect(layer.forwardLayer.getWeights().map((weight) => [...weight.dataSync()])).toEqual(
      before.slice(0, 3),
    );
    expect(layer.trainableWeights).toHaveLength(3);
  },
);
