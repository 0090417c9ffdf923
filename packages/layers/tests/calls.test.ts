import * as tf from '@tensorflow/tfjs-core';
import { type SymbolicTensor, layers as tfjs } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { bidirectional, embedding, gru, input, lstm, model, type RecurrentLayer, sru } from '../src/index.js';
import './backends.js';

const x = tf.randomNormal([2, 3, 2], 0, 1, 'float32', 1);
// Adding 0 makes 0 of -0.
const values = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync(), (value) => value + 0);

/** A call as plain JavaScript makes it, which TypeScript would refuse. */
const applied = (layer: { apply(...args: never[]): unknown }, ...args: unknown[]) =>
  layer.apply(...(args as never[]));

test('null states leave no tensor behind', () => {
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
])('%s takes lengths in place of a mask', (_, make) => {
  const layer = make();
  const mask = tf.tensor2d([
    [1, 0, 0],
    [1, 1, 1],
  ]);
  const masked = layer.apply(x, { mask }).map(values);
  expect(layer.apply(x, { lengths: [1, 3] }).map(values)).toEqual(masked);
  expect(layer.apply(x, { lengths: Int32Array.of(1, 3) }).map(values)).toEqual(masked);
  expect(layer.apply(x).map(values)).not.toEqual(masked);
});

test('a model hands on what is for another of its layers', () => {
  const source = input({ shape: [3, 2] });
  const made = model({ inputs: source, outputs: gru({ units: 2 }).apply(source) });
  expect(values(made.apply(x, { temperature: 2 }))).toEqual(values(made.predict(x)));
});

test('null stands for zeros where a stateful layer holds something else', () => {
  const layer = gru({ units: 2, stateful: true, seed: 1 });
  const start = values(layer.apply(x));
  expect(values(layer.apply(x))).not.toEqual(start);
  expect(values(layer.apply(x, { initialState: [null] }))).toEqual(start);
  layer.resetStates(null);
  expect(values(layer.apply(x))).toEqual(start);
});

test('states of a pair can be held and given back', () => {
  const pair = bidirectional({ layer: gru({ units: 2, stateful: true, seed: 1 }) });
  expect(pair.states).toEqual([null, null]);
  pair.apply(x);
  const states = pair.states.map((state) => state && tf.clone(state));
  const after = values(pair.apply(x));
  pair.resetStates(states);
  expect(values(pair.apply(x))).toEqual(after);
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

  test('takes masks', () => {
    const mask = tf.tensor2d([
      [1, 1, 1],
      [1, 1, 0],
    ]);
    const [sequence, ...last] = ours.apply(x, { mask, initialState: states });
    const [their, ...theirLast] = theirs.apply(x, { mask, initialState: states }) as tf.Tensor[];
    // Theirs repeats the output at a padded step, where ours, as Keras 3's, is zero.
    expect(values(tf.mul(their, tf.expandDims(mask, 2)))).toEqual(values(sequence));
    expect(theirLast.map(values)).toEqual(last.map(values));
  });

  test('takes states in a model', () => {
    const [source, ...symbolic] = [input({ shape: [3, 2] }), ...states.map(() => input({ shape: [2] }))];
    const outputs = theirs.apply(source, { initialState: symbolic }) as SymbolicTensor[];
    const results = model({ inputs: [source, ...symbolic], outputs }).predict([x, ...states]) as tf.Tensor[];
    expect(results.map(values)).toEqual(ours.apply(x, { initialState: states }).map(values));
  });
});

describe('what cannot be is refused at apply, by the name of the layer', () => {
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
    expect(() => applied(layer, [symbolic, ...states])).toThrow(message);
  });

  test('symbolic states of a pair', () => {
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
    expect(() => applied(layer, ...args)).toThrow(message);
    if (JSON.stringify(args[1])?.includes('initialState')) return;
    const pair = bidirectional({ layer: gru({ units: 2 }), name: 'words' });
    expect(() => applied(pair, ...args)).toThrow(message);
  });

  test('embedding', () => {
    const rows = embedding({ inputDim: 4, outputDim: 2, name: 'words' });
    expect(() => applied(rows, [[1, 2]])).toThrow('words takes tensors, but was given an array');
    expect(() => applied(rows, tf.ones([1, 2]), { initialState: x })).toThrow(
      "words.apply has no option 'initialState'",
    );
  });
});
