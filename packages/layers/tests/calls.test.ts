import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, embedding, gru, input, lstm, model, type RecurrentLayer, sru } from '../src/index.js';
import './backends.js';

const x = tf.randomNormal([2, 3, 2], 0, 1, 'float32', 1);
// Adding 0 turns -0 into 0.
const readValues = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync(), (value) => value + 0);

/** Applies a layer without the compiler's checks, as plain JavaScript does. */
const applyUnchecked = (layer: { apply(...args: never[]): unknown }, ...args: unknown[]) =>
  layer.apply(...(args as never[]));

test('null states leak no tensor', () => {
  const layer = lstm({ units: 2 });
  const state = tf.ones([2, 2]);
  tf.dispose(layer.apply(x));
  const { numTensors } = tf.memory();
  tf.dispose(layer.apply(x, { initialState: [state, null] }));
  tf.dispose(layer.apply(x, { initialState: [null, null] }));
  tf.dispose(layer.apply([x, state, state]));
  expect(tf.memory().numTensors).toBe(numTensors);
});

test.each([
  ['gru', () => gru({ units: 2, returnSequences: true, returnState: true, seed: 1 })],
  ['bidirectional', () => bidirectional({ layer: gru({ units: 2, returnState: true, seed: 1 }) })],
])('%s accepts lengths instead of a mask', (_, create) => {
  const layer = create();
  const mask = tf.tensor2d([
    [1, 0, 0],
    [1, 1, 1],
  ]);
  const masked = layer.apply(x, { mask }).map(readValues);
  expect(layer.apply(x, { lengths: [1, 3] }).map(readValues)).toEqual(masked);
  expect(layer.apply(x, { lengths: Int32Array.of(1, 3) }).map(readValues)).toEqual(masked);
  expect(layer.apply(x).map(readValues)).not.toEqual(masked);
});

test('a model may pass arguments of other layers to a layer', () => {
  const source = input({ shape: [3, 2] });
  const whole = model({ inputs: source, outputs: gru({ units: 2 }).apply(source) });
  expect(readValues(whole.apply(x, { temperature: 2 }))).toEqual(readValues(whole.predict(x)));
});

test('null stands for zeros, not for the stored states of a stateful layer', () => {
  const layer = gru({ units: 2, stateful: true, seed: 1 });
  const start = readValues(layer.apply(x));
  expect(readValues(layer.apply(x))).not.toEqual(start);
  expect(readValues(layer.apply(x, { initialState: [null] }))).toEqual(start);
  layer.resetStates(null);
  expect(readValues(layer.apply(x))).toEqual(start);
});

test('states of bidirectional can be stored and set again', () => {
  const pair = bidirectional({ layer: gru({ units: 2, stateful: true, seed: 1 }) });
  expect(pair.states).toEqual([null, null]);
  pair.apply(x);
  const states = pair.states.map((state) => state && tf.clone(state));
  const after = readValues(pair.apply(x));
  pair.resetStates(states);
  expect(readValues(pair.apply(x))).toEqual(after);
  expect(() => pair.resetStates(states.slice(1))).toThrow(
    'has 2 states, 1 for each direction, but was given 1',
  );
});

describe("tf.layers.bidirectional of Sluice's layers", () => {
  const layer = lstm({ units: 2, returnState: true, returnSequences: true });
  const theirs = tfjs.bidirectional({ layer: layer as never, mergeMode: 'concat' });
  const ours = bidirectional({ layer });
  theirs.apply(x);
  ours.apply(x);
  ours.setWeights(theirs.getWeights());
  const states = [1, 2, 3, 4].map((seed) => tf.randomNormal([2, 2], 0, 1, 'float32', seed));

  test('accepts masks', () => {
    const mask = tf.tensor2d([
      [1, 1, 1],
      [1, 1, 0],
    ]);
    const [sequence, ...last] = ours.apply(x, { mask, initialState: states });
    const [their, ...theirLast] = theirs.apply(x, { mask, initialState: states }) as tf.Tensor[];
    // At a padded step TensorFlow.js repeats the output; Sluice returns zeros, as Keras 3 does.
    expect(readValues(tf.mul(their, tf.expandDims(mask, 2)))).toEqual(readValues(sequence));
    expect(theirLast.map(readValues)).toEqual(last.map(readValues));
  });

  test('accepts states in a model', () => {
    const [source, ...symbolic] = [input({ shape: [3, 2] }), ...states.map(() => input({ shape: [2] }))];
    const outputs = theirs.apply(source, { initialState: symbolic }) as SymbolicTensor[];
    const results = model({ inputs: [source, ...symbolic], outputs }).predict([x, ...states]) as tf.Tensor[];
    expect(results.map(readValues)).toEqual(ours.apply(x, { initialState: states }).map(readValues));
  });
});

describe('apply refuses wrong calls with an error that names the layer', () => {
  const symbolic = input({ shape: [3, 2] });
  const state = (units: number) => input({ shape: [units] });

  test.each([
    ['one of two states', lstm, [state(2)], 'words takes 2 initial states (h, c), but was given 1'],
    ['three of two', lstm, [2, 2, 2].map(state), 'words takes 2 initial states (h, c), but was given 3'],
    [
      'another width',
      gru,
      [state(3)],
      'words: initial state h must have the shape [batch, 2], but has [batch, 3]',
    ],
    [
      'a sequence',
      sru,
      [symbolic],
      'words: initial state c must have the shape [batch, 2], but has [batch, 3, 2]',
    ],
    ['a tensor', gru, [tf.ones([2, 2])], 'words: initial state h must be a symbolic tensor, as the input is'],
  ] as const)('symbolic states: %s', (_, make, states, message) => {
    const layer = make({ units: 2, name: 'words' }) as RecurrentLayer;
    expect(() => layer.apply(symbolic, { initialState: states as never })).toThrow(message);
    expect(() => applyUnchecked(layer, [symbolic, ...states])).toThrow(message);
  });

  test('symbolic states of bidirectional', () => {
    const layer = bidirectional({ layer: gru({ units: 2, name: 'g' }), name: 'both' });
    expect(() => layer.apply(symbolic, { initialState: state(2) })).toThrow(
      'both takes 2 initial states, 1 for each direction, but was given 1',
    );
    expect(() => layer.apply(symbolic, { initialState: [state(2), state(4)] })).toThrow(
      'both: initial state h of backward_g must have the shape [batch, 2], but has [batch, 4]',
    );
  });

  test.each([
    [
      'a mask as the arguments',
      [x, tf.ones([2, 3])],
      'words.apply takes an object with its options, as in layer.apply(x, { mask }), but was given a tensor of shape [2,3]',
    ],
    [
      'a name in snake case',
      [x, { initial_state: tf.ones([2, 2]) }],
      "words.apply has no option 'initial_state'; the nearest is 'initialState'",
    ],
    [
      'a list as the mask',
      [
        x,
        {
          mask: [
            [1, 1, 0],
            [1, 0, 0],
          ],
        },
      ],
      'words: the mask must be a tensor [batch, timesteps], as tf.tensor2d(mask) makes it, but is an array',
    ],
    ['numbers as the mask', [x, { mask: new Float32Array(6) }], 'but is a Float32Array'],
    [
      'a list as the state',
      [
        x,
        {
          initialState: [
            [1, 1],
            [1, 1],
          ],
        },
      ],
      'words takes 1 initial states (h), but was given 2',
    ],
    [
      'a list as the only state',
      [x, { initialState: [[1, 1]] }],
      'words: initial state h must be a tensor, as tf.tensor2d makes it, but is an array',
    ],
    ['a list as the input', [[[[1, 2]]]], 'words takes tensors, but was given an array'],
    ['nothing', [], 'words takes tensors, but was given undefined'],
    [
      'a mask in a model',
      [symbolic, { mask: tf.ones([2, 3]) }],
      /words: in a model a mask comes from its layers/,
    ],
    ['training in a model', [symbolic, { training: true }], 'words: a model sets training itself'],
    [
      'lengths in a model',
      [symbolic, { lengths: [1, 2] }],
      'to pass a mask or lengths yourself, apply the layer to tensors.',
    ],
    ['lengths beside a mask', [x, { lengths: [1, 2], mask: tf.ones([2, 3]) }], /lengths.*mask/],
    ['lengths of another batch', [x, { lengths: [1] }], /lengths/],
    ['lengths as a tensor', [x, { lengths: tf.tensor1d([1, 2]) }], /lengths/],
  ])('%s', (_, args, message) => {
    const layer = gru({ units: 2, name: 'words' });
    expect(() => applyUnchecked(layer, ...args)).toThrow(message);
    if (JSON.stringify(args[1])?.includes('initialState')) return;
    const pair = bidirectional({ layer: gru({ units: 2 }), name: 'words' });
    expect(() => applyUnchecked(pair, ...args)).toThrow(message);
  });

  test('embedding', () => {
    const rows = embedding({ inputDim: 4, outputDim: 2, name: 'words' });
    expect(() => applyUnchecked(rows, [[1, 2]])).toThrow('words takes tensors, but was given an array');
    expect(() => applyUnchecked(rows, tf.ones([1, 2]), { initialState: x })).toThrow(
      "words.apply has no option 'initialState'",
    );
  });
});
