import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, gru, lstm, sequential, simpleRNN } from '../src/index.js';
import './backends.js';

const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 1);
const mask = tf.tensor2d([
  [1, 1, 1, 0],
  [0, 1, 0, 1],
]);
const args = { units: 2, recurrentInitializer: 'glorotUniform', returnSequences: true } as const;

interface Layer {
  apply(x: tf.Tensor, kwargs: object): unknown;
  getWeights(): tf.Tensor[];
  setWeights(weights: tf.Tensor[]): void;
}

/** The largest difference between the outputs of two layers with the same weights, for a masked batch. */
function measureDifference(theirs: Layer, ours: Layer): number {
  theirs.apply(x, {});
  ours.apply(x, {});
  ours.setWeights(theirs.getWeights());
  const [a, b] = [theirs, ours].map((layer) => layer.apply(x, { mask }) as tf.Tensor);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
}

describe("with tf.layers' weights", () => {
  test.each([
    ['simpleRNN', tfjs.simpleRNN(args), simpleRNN(args)],
    ['lstm', tfjs.lstm(args), lstm({ ...args, recurrentActivation: 'hardSigmoid' })],
    ['gru', tfjs.gru(args), gru({ ...args, recurrentActivation: 'hardSigmoid', resetAfter: false })],
    [
      'bidirectional, the last outputs',
      tfjs.bidirectional({
        layer: tfjs.simpleRNN({ ...args, returnSequences: false }) as never,
        mergeMode: 'sum',
      }),
      bidirectional({ layer: simpleRNN({ ...args, returnSequences: false }), mergeMode: 'sum' }),
    ],
  ])('%s has the same outputs', (_, theirs, ours) => {
    expect(measureDifference(theirs as Layer, ours as Layer)).toBeLessThan(1e-6);
  });

  test.each([
    ['the gates of an lstm', tfjs.lstm(args), lstm(args)],
    ['the gates of a gru', tfjs.gru(args), gru({ ...args, resetAfter: false })],
    [
      'padded steps of bidirectional sequences',
      tfjs.bidirectional({ layer: tfjs.simpleRNN(args) as never, mergeMode: 'sum' }),
      bidirectional({ layer: simpleRNN(args), mergeMode: 'sum' }),
    ],
  ])('%s differ, as documented', (_, theirs, ours) => {
    expect(measureDifference(theirs as Layer, ours as Layer)).toBeGreaterThan(1e-3);
  });
});

test('an error about a bias for the other resetAfter names that option', () => {
  const theirs = tfjs.gru({ units: 2, recurrentInitializer: 'glorotUniform' });
  theirs.build([null, 4, 3]);
  const build = <Built extends { build(shape: null[] | number[]): void }>(layer: Built): Built => {
    layer.build([1, 4, 3]);
    return layer;
  };
  const ours = build(gru({ units: 2, name: 'words' }));
  const message =
    'words: the weight bias must have the shape [2, 6], but was given [6], that of a GRU with resetAfter: false, ' +
    'such as tf.layers.gru; make it with gru({ resetAfter: false }).';
  expect(() => ours.setWeights(theirs.getWeights())).toThrow(message);
  const model = sequential({ layers: [gru({ units: 2, name: 'files', inputShape: [4, 3] })] });
  const saved = Object.fromEntries(
    model.weights.map(({ originalName }, i) => [originalName, theirs.getWeights()[i]]),
  );
  expect(() => model.loadWeights(saved)).toThrow(message.replace('words', 'files'));
  const wider = build(gru({ units: 3, name: 'wider' }));
  expect(() => wider.setWeights(ours.getWeights())).toThrow(
    'wider: the weight kernel must have the shape [3, 9], but was given [3, 6].',
  );
  const before = build(gru({ units: 2, resetAfter: false }));
  expect(() => before.setWeights(ours.getWeights())).toThrow('make it with gru({ resetAfter: true })');
  before.setWeights(theirs.getWeights());

  const pair = build(bidirectional({ layer: gru({ units: 2 }) }));
  const weights = [...theirs.getWeights(), ...theirs.getWeights()];
  expect(() => pair.setWeights(weights)).toThrow('with resetAfter: false');
  expect(() => pair.setWeights(weights.slice(1))).toThrow('weight list of length 5');
  pair.setWeights(pair.getWeights().map((weight) => tf.onesLike(weight)));
  expect(pair.getWeights().every((weight) => weight.dataSync().every((value) => value === 1))).toBe(true);
});
