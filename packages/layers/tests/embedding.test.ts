import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { dense, type Embedding, embedding, sequential } from '../src/index.js';

const values = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync());

/** The gradient with respect to the table of Σ weights ⊙ rows, through the layer. */
function tableGradient(layer: Embedding, indices: tf.Tensor, weights: tf.Tensor): number[] {
  layer.apply(indices);
  const table = layer.weights[0].read() as tf.Variable;
  const { grads } = tf.variableGrads(
    () => tf.sum(tf.mul(layer.apply(indices) as tf.Tensor, weights)),
    [table],
  );
  return values(grads[table.name]);
}

test('rows and gradient are those of a dense product with one-hot rows', () => {
  const layer = embedding({ inputDim: 6, outputDim: 3, seed: 1 });
  const indices = tf.tensor2d(
    [
      [1, 5, 1, 0],
      [1, 2, 5, 5],
    ],
    [2, 4],
    'int32',
  );
  const weights = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 2);
  const gradient = tableGradient(layer, indices, weights);

  const table = layer.weights[0].read() as tf.Tensor2D;
  const oneHot = tf.cast(tf.oneHot(tf.reshape(indices, [8]), 6), 'float32') as tf.Tensor2D;
  const expectedRows = values(tf.matMul(oneHot, table));
  expect(values(layer.apply(indices))).toEqual(expectedRows);
  const expected = values(tf.matMul(oneHot, tf.reshape(weights, [8, 3]) as tf.Tensor2D, true));
  gradient.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 6);
  });
});

test('needs no gather gradient of the backend', () => {
  const kernel = tf.getKernel('UnsortedSegmentSum', 'cpu');
  tf.unregisterKernel('UnsortedSegmentSum', 'cpu');
  const layer = embedding({ inputDim: 4, outputDim: 2 });
  const gradient = tableGradient(layer, tf.tensor2d([[3, 3]], [1, 2], 'int32'), tf.ones([1, 2, 2]));
  tf.registerKernel(kernel);
  expect(gradient).toEqual([0, 0, 0, 0, 0, 0, 2, 2]);
});

test('float indices are cut to whole numbers, any rank goes', () => {
  const layer = embedding({ inputDim: 4, outputDim: 2 });
  const rows = layer.apply(tf.tensor3d([[[1.9], [0]]])) as tf.Tensor;
  expect(rows.shape).toEqual([1, 2, 1, 2]);
  const table = values(layer.weights[0].read());
  expect(values(rows)).toEqual([...table.slice(2, 4), ...table.slice(0, 2)]);
});

test('an index outside the vocabulary is an error', () => {
  const layer = embedding({ inputDim: 4, outputDim: 2 });
  expect(() => layer.apply(tf.tensor2d([[4]], [1, 1], 'int32'))).toThrow();
});

test('maskZero gives the mask of the indices, without it there is none', () => {
  const indices = tf.tensor2d([[0, 2, 0]], [1, 3], 'int32');
  const masking = embedding({ inputDim: 3, outputDim: 1, maskZero: true });
  expect(values(masking.computeMask(indices))).toEqual([0, 1, 0]);
  expect(masking.supportsMasking).toBe(true);
  expect(embedding({ inputDim: 3, outputDim: 1 }).computeMask(indices)).toBeNull();
});

test('the weight is called embeddings and starts within ±0.05, repeatably with a seed', () => {
  const [a, b, c] = [7, 7, 8].map((seed) => {
    const layer = embedding({ inputDim: 50, outputDim: 4, seed });
    layer.build();
    return layer;
  });
  expect(a.weights[0].originalName).toBe('embeddings');
  expect(a.weights[0].shape).toEqual([50, 4]);
  expect(values(a.weights[0].read())).toEqual(values(b.weights[0].read()));
  expect(values(a.weights[0].read())).not.toEqual(values(c.weights[0].read()));
  expect(Math.max(...values(a.weights[0].read()).map(Math.abs))).toBeLessThanOrEqual(0.05);
});

test('regularizer and constraint are saved and made again', () => {
  const layer = embedding({
    inputDim: 3,
    outputDim: 2,
    inputLength: 5,
    maskZero: true,
    embeddingsInitializer: 'ones',
    embeddingsRegularizer: 'l2',
    embeddingsConstraint: 'nonNeg',
  });
  const config = layer.getConfig();
  const again = tf.serialization.SerializationMap.getMap().classNameMap.SluiceEmbedding[0];
  expect(new again(config).getConfig()).toEqual(config);
  expect(config.embeddingsRegularizer).toEqual({ className: 'L1L2', config: { l1: 0, l2: 0.01 } });
  layer.build();
  expect(values(layer.calculateLosses()[0])[0]).toBeCloseTo(0.06, 6);
});

test('inputLength that does not fit, sizes and names that cannot be, are clear errors', () => {
  expect(() => embedding({ inputDim: 0, outputDim: 2 })).toThrow(
    'inputDim must be a positive whole number, but is 0',
  );
  expect(() => embedding({ inputDim: 2, outputDim: 1.5 })).toThrow('outputDim');
  expect(() => embedding({ inputDim: 2, outputDim: 1, embeddingsInitializer: 'uniform' })).toThrow(
    /Unknown initializer 'uniform'; the nearest is '\w+[uU]niform'. Known: .*randomUniform/,
  );
  const layer = embedding({ inputDim: 4, outputDim: 2, inputLength: 3 });
  expect(() => layer.apply(tf.zeros([1, 4], 'int32'))).toThrow(
    'inputLength is [3], but the input has shape [1,4]',
  );
});

test('trains as the first layer of a model', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const model = sequential({
    layers: [embedding({ inputDim: 5, outputDim: 2, inputLength: 3, seed: 1 }), dense({ units: 1 })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const x = tf.tensor2d([[1, 2, 4]], [1, 3], 'int32');
  const before = values(model.getWeights()[0]);
  await model.fit(x, tf.ones([1, 3, 1]), { epochs: 1, verbose: 0 });
  const after = values(model.getWeights()[0]);
  const changed = [0, 1, 2, 3, 4].filter((row) => before[2 * row] !== after[2 * row]);
  expect(changed).toEqual([1, 2, 4]);
  expect(warn).not.toHaveBeenCalled();
});
