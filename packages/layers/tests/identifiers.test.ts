import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { embedding, gru, simpleRNN } from '../src/index.js';

const Initializer = Object.getPrototypeOf(initializers.zeros().constructor) as new () => object;

class Halves extends Initializer {
  static readonly className = 'Halves';
  apply(shape: number[]): tf.Tensor {
    return tf.fill(shape, 0.5);
  }
}
tf.serialization.registerClass(Halves as never);

test.each([
  ['glorotUniform', 'GlorotUniform', 'glorot_uniform'],
  ['leCunNormal', 'LecunNormal', 'lecun_normal'],
  ['randomUniform', 'RandomUniform', 'random_uniform'],
  ['orthogonal', 'Orthogonal', 'ORTHOGONAL'],
  ['zeros', 'Zeros', 'ZEROS'],
])('the initializer %s can be written %s and %s', (camel, ...others) => {
  const savedBy = (kernelInitializer: string) =>
    gru({ units: 1, kernelInitializer }).getConfig().kernelInitializer;
  for (const other of others) expect(savedBy(other)).toEqual(savedBy(camel));
});

test.each([
  ['l2', { className: 'L1L2', config: { l1: 0, l2: 0.01 } }],
  ['L2', { className: 'L1L2', config: { l1: 0, l2: 0.01 } }],
  ['L1L2', { className: 'L1L2', config: { l1: 0.01, l2: 0.01 } }],
  ['l1_l2', { className: 'L1L2', config: { l1: 0.01, l2: 0.01 } }],
])('the regularizer %s', (kernelRegularizer, expected) => {
  expect(gru({ units: 1, kernelRegularizer }).getConfig().kernelRegularizer).toEqual(expected);
});

test.each(['maxNorm', 'MaxNorm', 'max_norm'])('the constraint %s', (embeddingsConstraint) => {
  const layer = embedding({ inputDim: 2, outputDim: 1, embeddingsConstraint });
  expect(layer.getConfig().embeddingsConstraint).toEqual({
    className: 'MaxNorm',
    config: { maxValue: 2, axis: 0 },
  });
});

test('a user’s registered class, by its name', () => {
  const layer = simpleRNN({ units: 1, kernelInitializer: 'Halves' });
  layer.build([null, null, 2]);
  expect(Array.from(layer.getWeights()[0].dataSync())).toEqual([0.5, 0.5]);
});

test.each([
  [
    { kernelInitializer: 'glorot_unifrom' },
    /Unknown initializer 'glorot_unifrom'; the nearest is 'glorotUniform'. Known: .*zeros/,
  ],
  [{ kernelInitializer: 'NonNeg' }, /Unknown initializer 'NonNeg'/],
  [{ biasConstraint: 'Zeros' }, /Unknown constraint 'Zeros'/],
  [
    { kernelInitializer: 0 },
    /The initializer must be a name, an object .* or { className, config }, but is 0/,
  ],
  [{ biasRegularizer: { class_name: 'L2', config: {} } }, /The regularizer must be a name/],
])('%o is refused', (args, message) => {
  expect(() => gru({ units: 1, ...(args as object) })).toThrow(message);
});
