import '@tensorflow/tfjs-backend-cpu';
import { cells } from '@sluice/core';
import * as tf from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, expectTypeOf, test } from 'vitest';
import {
  bidirectional,
  dense,
  dropout,
  embedding,
  type GruArgs,
  gru,
  input,
  lstm,
  model,
  rnn,
  simpleRNN,
  sru,
} from '../src/index.js';

/** The compiler checks the types; the tests check that the values have them. */
const x = tf.zeros([1, 2, 3]);
const symbolic = input({ shape: [2, 3] });

test('a layer returns a tensor for a tensor, a symbolic tensor for a symbolic one', () => {
  for (const layer of [gru, lstm, sru, simpleRNN].map((make) => make({ units: 2 }))) {
    expectTypeOf(layer.apply(x)).toEqualTypeOf<tf.Tensor>();
    expectTypeOf(layer.apply(symbolic)).toEqualTypeOf<SymbolicTensor>();
    expect(layer.apply(symbolic).shape).toEqual([null, 2]);
  }
  expectTypeOf(rnn({ units: 2, cell: cells.minGru() }).apply(x)).toEqualTypeOf<tf.Tensor>();
  expectTypeOf(embedding({ inputDim: 2, outputDim: 2 }).apply(x)).toEqualTypeOf<tf.Tensor>();
  expectTypeOf(embedding({ inputDim: 2, outputDim: 2 }).apply(symbolic)).toEqualTypeOf<SymbolicTensor>();
  expectTypeOf(dense({ units: 2 }).apply(symbolic)).toEqualTypeOf<SymbolicTensor>();
  expectTypeOf(dense({ units: 2 }).apply(x)).toEqualTypeOf<tf.Tensor>();
  expectTypeOf(dropout({ rate: 0.5 }).apply(symbolic)).toEqualTypeOf<SymbolicTensor>();
  expectTypeOf(bidirectional({ layer: gru({ units: 2 }) }).apply(x)).toEqualTypeOf<tf.Tensor>();
});

test('a layer returns a list with returnState, and bidirectional without merging', () => {
  expectTypeOf(gru({ units: 2, returnState: true }).apply(symbolic)).toEqualTypeOf<SymbolicTensor[]>();
  expectTypeOf(gru({ units: 2, returnState: false }).apply(symbolic)).toEqualTypeOf<SymbolicTensor>();
  const [output, h, c] = lstm({ units: 2, returnState: true }).apply(x);
  expect([output, h, c].map(({ shape }) => shape)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  const layer = gru({ units: 2 });
  const both = bidirectional({ layer, mergeMode: null }).apply(symbolic);
  expectTypeOf(both).toEqualTypeOf<SymbolicTensor[]>();
  expect(both.length).toBe(2);
  const states = bidirectional({ layer: lstm({ units: 2, returnState: true }), mergeMode: 'sum' });
  expectTypeOf(states.apply(x)).toEqualTypeOf<tf.Tensor[]>();
  const args: GruArgs = { units: 2 };
  expectTypeOf(gru(args).apply(x)).toEqualTypeOf<tf.Tensor | tf.Tensor[]>();
});

test('a functional model needs no cast', () => {
  const target = input({ shape: [4, 3] });
  const [, ...states] = lstm({ units: 5, returnState: true }).apply(symbolic);
  const decoded = lstm({ units: 5, returnSequences: true }).apply(target, { initialState: states });
  const answer = dense({ units: 1 }).apply(dropout({ rate: 0.5 }).apply(decoded));
  expect(model({ inputs: [symbolic, target], outputs: answer }).outputShape).toEqual([null, 4, 1]);
});

test('the type of states fits apply and resetStates', () => {
  const layer = lstm({ units: 2, stateful: true });
  layer.apply(x);
  layer.apply(x, { initialState: layer.states });
  layer.resetStates(layer.states);
  const pair = bidirectional({ layer: gru({ units: 2, stateful: true }) });
  pair.apply(x);
  pair.apply(x, { initialState: pair.states });
  pair.resetStates(pair.states);
  expect(pair.states.length).toBe(2);
});

test('an unknown option does not compile', () => {
  // @ts-expect-error: the name is returnSequences.
  expect(() => gru({ units: 2, return_sequences: true })).toThrow(RangeError);
  // @ts-expect-error: the mask belongs into an object.
  expect(() => gru({ units: 2 }).apply(x, tf.ones([1, 2]))).toThrow(TypeError);
  // @ts-expect-error: an object of arguments is required.
  expect(() => gru()).toThrow(TypeError);
});

test('configurations of tf.layers need no cast', () => {
  const { layers: tfjs } = tfl;
  const recurrentInitializer = 'glorotUniform';
  const configs = [tfjs.lstm, tfjs.gru, tfjs.simpleRNN].map((make) =>
    (make({ units: 2, recurrentInitializer }) as tfl.layers.Layer).getConfig(),
  );
  expectTypeOf(lstm(configs[0]).apply(x)).toEqualTypeOf<tf.Tensor>();
  expect(lstm(configs[0]).getConfig().recurrentActivation).toBe('hardSigmoid');
  expect(gru(configs[1]).getConfig().resetAfter).toBe(false);
  expect(simpleRNN(configs[2]).units).toBe(2);
  const table = tfjs.embedding({ inputDim: 3, outputDim: 2 }).getConfig();
  expect(embedding(table).getConfig()).toMatchObject({ inputDim: 3, outputDim: 2 });
  // @ts-expect-error: an object with known names is checked, whatever the types of its values.
  expect(() => lstm({ units: 2, resetAfter: true })).toThrow(RangeError);
});

test('a factory that is chosen at run time has the common type', () => {
  const make = Math.random() < 2 ? gru : lstm;
  const layer = make({ units: 2, returnSequences: true });
  expectTypeOf(layer.apply(symbolic)).toEqualTypeOf<SymbolicTensor>();
  expect(layer.apply(symbolic).shape).toEqual([null, 2, 2]);
});
