import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { dense, type Embedding, embedding, sequential } from '../src/index.js';

const readValues = (tensor: unknown) => Array.from((tensor as tf.Tensor).dataSync());

/** The gradient of Σ weights ⊙ rows by the table, through the layer. */
function computeTableGradient(layer: Embedding, indices: tf.Tensor, weights: tf.Tensor): number[] {
  layer.apply(indices);
  const table = layer.weights[0].read() as tf.Variable;
  const { grads } = tf.variableGrads(
    () => tf.sum(tf.mul(layer.apply(indices) as tf.Tensor, weights)),
    [table],
  );
  return readValues(grads[table.name]);
}

test('rows and gradient match a product with one-hot rows', () => {
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
  const gradient = computeTableGradient(layer, indices, weights);

  const table = layer.weights[0].read() as tf.Tensor2D;
  const oneHot = tf.cast(tf.oneHot(tf.reshape(indices, [8]), 6), 'float32') as tf.Tensor2D;
  const expectedRows = readValues(tf.matMul(oneHot, table));
  expect(readValues(layer.apply(indices))).toEqual(expectedRows);
  const expected = readValues(tf.matMul(oneHot, tf.reshape(weights, [8, 3]) as tf.Tensor2D, true));
  gradient.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 6);
  });
});

test('does not need the kernel of gather’s gradient', () => {
  const kernel = tf.getKernel('UnsortedSegmentSum', 'cpu');
  tf.unregisterKernel('UnsortedSegmentSum', 'cpu');
  const layer = embedding({ inputDim: 4, outputDim: 2 });
  const gradient = computeTableGradient(layer, tf.tensor2d([[3, 3]], [1, 2], 'int32'), tf.ones([1, 2, 2]));
  tf.registerKernel(kernel);
  expect(gradient).toEqual([0, 0, 0, 0, 0, 0, 2, 2]);
});

test('float indices are truncated, and indices may have any rank', () => {
  const layer = embedding({ inputDim: 4, outputDim: 2 });
  const rows = layer.apply(tf.tensor3d([[[1.9], [0]]])) as tf.Tensor;
  expect(rows.shape).toEqual([1, 2, 1, 2]);
  const table = readValues(layer.weights[0].read());
  expect(readValues(rows)).toEqual([...table.slice(2, 4), ...table.slice(0, 2)]);
});

test('an index outside the vocabulary is an error', () => {
  const layer = embedding({ inputDim: 4, outputDim: 2 });
  expect(() => layer.apply(tf.tensor2d([[4]], [1, 1], 'int32'))).toThrow();
});

test('computeMask returns a mask with maskZero, else null', () => {
  const indices = tf.tensor2d([[0, 2, 0]], [1, 3], 'int32');
  const masking = embedding({ inputDim: 3, outputDim: 1, maskZero: true });
  expect(readValues(masking.computeMask(indices))).toEqual([0, 1, 0]);
  expect(masking.supportsMasking).toBe(true);
  expect(embedding({ inputDim: 3, outputDim: 1 }).computeMask(indices)).toBeNull();
});

test('the weight is named embeddings and starts within ±0.05; a seed makes it repeatable', () => {
  const [a, b, c] = [7, 7, 8].map((seed) => {
    const layer = embedding({ inputDim: 50, outputDim: 4, seed });
    layer.build();
    return layer;
  });
  expect(a.weights[0].originalName).toBe('embeddings');
  expect(a.weights[0].shape).toEqual([50, 4]);
  expect(readValues(a.weights[0].read())).toEqual(readValues(b.weights[0].read()));
  expect(readValues(a.weights[0].read())).not.toEqual(readValues(c.weights[0].read()));
  expect(Math.max(...readValues(a.weights[0].read()).map(Math.abs))).toBeLessThanOrEqual(0.05);
});

test('regularizer and constraint are saved and restored', () => {
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
  expect(readValues(layer.calculateLosses()[0])[0]).toBeCloseTo(0.06, 6);
});

test('wrong inputLength, sizes and names are errors', () => {
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
  const before = readValues(model.getWeights()[0]);
  await model.fit(x, tf.ones([1, 3, 1]), { epochs: 1, verbose: 0 });
  const after = readValues(model.getWeights()[0]);
  const changed = [0, 1, 2, 3, 4].filter((row) => before[2 * row] !== after[2 * row]);
  expect(changed).toEqual([1, 2, 4]);
  expect(warn).not.toHaveBeenCalled();
});
