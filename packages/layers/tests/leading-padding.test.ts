import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { lstm, simpleRNN, sru } from '../src/index.js';
import { BACKENDS } from './backends.js';

/** Padded steps before the first that is not: the output repeats the initial state, where the output is a state. */

const ones = { units: 2, kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;
const x = tf.ones([1, 3, 2]);
const state = (value: number) => tf.fill([1, 2], value);
const padded = tf.tensor2d([[0, 0, 0]]);
const late = tf.tensor2d([[0, 0, 1]]);
const numbers = (output: unknown) => Array.from((output as tf.Tensor).dataSync());

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test('a row of padding gives the initial state, as with tf.layers', () => {
    const call = { initialState: state(0.5), mask: padded };
    expect(numbers(simpleRNN(ones).apply(x, call))).toEqual([0.5, 0.5]);
    expect(numbers(tfl.layers.simpleRNN(ones).apply(x, call as never))).toEqual([0.5, 0.5]);
  });

  test('of an LSTM the first state, of an SRU zeros', () => {
    const call = { initialState: [state(0.5), state(0.25)], mask: padded };
    expect(numbers(lstm({ units: 2 }).apply(x, call))).toEqual([0.5, 0.5]);
    expect(numbers(sru({ units: 2 }).apply(x, { initialState: state(0.5), mask: padded }))).toEqual([0, 0]);
  });

  test('zeroOutputForMask still gives zeros', () => {
    const layer = simpleRNN({ ...ones, zeroOutputForMask: true });
    expect(numbers(layer.apply(x, { initialState: state(0.5), mask: padded }))).toEqual([0, 0]);
  });

  test('the stored state of a stateful layer', () => {
    const layer = simpleRNN({ ...ones, stateful: true });
    layer.resetStates(state(0.25));
    expect(numbers(layer.apply(x, { mask: padded }))).toEqual([0.25, 0.25]);
  });

  test('the gradient flows to the initial state', () => {
    const layer = simpleRNN({ ...ones, returnSequences: true });
    const weight = tf.tensor3d([
      [
        [1, 10],
        [2, 20],
        [0, 0],
      ],
    ]);
    const loss = (initialState: tf.Tensor) =>
      tf.sum(tf.mul(layer.apply(x, { initialState, mask: late }) as tf.Tensor, weight));
    expect(numbers(tf.grad(loss)(state(0.5)))).toEqual([3, 30]);
  });
});
