import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { bidirectional, clipGradients, gru, input, lstm, rnn, simpleRNN } from '../src/index.js';
import './backends.js';

const x = tf.zeros([2, 4, 3]);

test.each([
  ['units', () => gru({ units: 0, name: 'g' }), 'g: units must be a positive whole number, but is 0'],
  [
    'an activation',
    () => gru({ units: 1, activation: 'softmax' as never }),
    /Unknown activation 'softmax'. Known: sigmoid/,
  ],
  [
    'an initializer',
    () => gru({ units: 1, kernelInitializer: 'glorot' }),
    /Unknown initializer 'glorot'; the nearest is 'glorotNormal'. Known: .*glorotUniform/,
  ],
  [
    'a regularizer',
    () => gru({ units: 1, kernelRegularizer: 'l3' }),
    "Unknown regularizer 'l3'. Known: l1, l1l2, l2",
  ],
  [
    'a constraint',
    () => gru({ units: 1, biasConstraint: 'max' }),
    "Unknown constraint 'max'; the nearest is 'maxNorm'. Known: maxNorm",
  ],
  [
    'a class name',
    () => gru({ units: 1, kernelInitializer: { className: 'Nobody', config: {} } }),
    "No class 'Nobody' is registered",
  ],
  [
    'the rank',
    () => gru({ units: 1, name: 'g' }).apply(tf.zeros([2, 3])),
    'g: the input must have the shape [batch, timesteps, features] with a known number of features, but has [2,3]',
  ],
  ['unknown features', () => gru({ units: 1 }).apply(input({ shape: [4, null] })), 'but has [null,4,null]'],
  [
    'the features of a later call',
    () => {
      const layer = gru({ units: 1 });
      layer.apply(x);
      layer.apply(tf.zeros([2, 4, 5]));
    },
    'x must have the shape [batch, timesteps, 3], the number of features that the parameters are for, but has [2, 4, 5]',
  ],
  ['a sequence without steps', () => gru({ units: 1 }).apply(tf.zeros([2, 0, 3])), 'but has [2, 0, 3]'],
  [
    'the number of states',
    () => lstm({ units: 2 }).apply(x, { initialState: tf.zeros([2, 2]) }),
    'takes 2 initial states (h, c), but was given 1',
  ],
  [
    'a state',
    () => gru({ units: 2 }).apply(x, { initialState: tf.zeros([2, 3]) }),
    'initial state h must have the shape [2, 2], but has [2, 3]',
  ],
  [
    'a mask',
    () => gru({ units: 2 }).apply(x, { mask: tf.ones([2, 5]) }),
    'mask must have the shape [2, 4], but has [2, 5]',
  ],
  [
    'resetStates of a layer that is not stateful',
    () => gru({ units: 2, name: 'g' }).resetStates(),
    'g is not stateful',
  ],
  [
    'resetStates to wrong states',
    () => lstm({ units: 2, stateful: true }).resetStates(tf.zeros([1, 3])),
    'expected the states h [batch, 2], c [batch, 2], but was given [1,3]',
  ],
  [
    'the layer of bidirectional',
    () => bidirectional({ layer: tfjs.dense({ units: 1 }) as never }),
    "wraps one of Sluice's recurrent layers (gru, lstm, sru, …), not a Dense",
  ],
  [
    'the merge mode',
    () => bidirectional({ layer: gru({ units: 1 }), mergeMode: 'max' as never }),
    "unknown mergeMode 'max'. Known: concat, sum, ave, mul and null",
  ],
  [
    'two layers with the same direction',
    () => bidirectional({ layer: gru({ units: 1 }), backwardLayer: gru({ units: 1 }) }),
    'must have opposite goBackwards, but both have false',
  ],
  [
    'two layers with different units',
    () =>
      bidirectional({ layer: gru({ units: 1 }), backwardLayer: simpleRNN({ units: 2, goBackwards: true }) }),
    'must have the same units, but have 1 and 2',
  ],
  [
    'states of bidirectional',
    () => bidirectional({ layer: gru({ units: 2 }) }).apply(x, { initialState: tf.zeros([2, 2]) }),
    'takes 2 initial states, 1 for each direction, but was given 1',
  ],
])('a wrong value is named in the error: %s', (_, run, message) => {
  expect(run).toThrow(message);
});

test('a stateful layer starts from the states of resetStates', () => {
  const layer = gru({ units: 2, stateful: true, seed: 1 });
  const state = tf.tensor2d([
    [1, -1],
    [0.5, 0],
  ]);
  const expected = gru({ units: 2, seed: 1 }).apply(x, { initialState: state }) as tf.Tensor;
  layer.apply(x);
  layer.resetStates(state);
  expect((layer.apply(x) as tf.Tensor).dataSync()).toEqual(expected.dataSync());
  layer.apply(x, { initialState: state });
  expect(layer.states[0]?.dataSync()).toEqual(expected.dataSync());
});

test.each([
  ['none', undefined, 'but is undefined'],
  ['a name', 'gru', "but is 'gru'"],
  ['a factory', cells.gru, '()'],
  ["TensorFlow.js's cell", tfjs.gruCell({ units: 2 }), 'but is a GRUCell of TensorFlow.js'],
])('rnn refuses a wrong cell: %s', (_, cell, description) => {
  const make = () => rnn({ cell: cell as never, units: 2 });
  expect(make).toThrow('rnn: cell must be a cell made by defineCell or cells.gru(), but is');
  expect(make).toThrow(description);
});

test('the error of bidirectional shows a correct call', () => {
  expect(() => bidirectional(gru({ units: 2 }) as never)).toThrow(
    'bidirectional takes an object with a layer',
  );
});

test('clipGradients refuses the name of an optimizer', () => {
  expect(() => clipGradients('adam' as never, { norm: 1 })).toThrow(
    /needs an optimizer, for example train.adam\(\).* but got 'adam'/,
  );
});
