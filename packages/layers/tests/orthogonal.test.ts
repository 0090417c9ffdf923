import '@tensorflow/tfjs-backend-cpu';
import { ones } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { dense, orthogonal, sequential } from '../src/index.js';
import { createOrthogonalMatrix } from '../src/weights/orthogonal.js';
import { normalStream } from '../src/weights/random.js';

/** The Gram matrix of the rows or of the columns, whichever are fewer. It is the identity for an orthogonal matrix. */
function computeGram(values: Float32Array, rows: number, columns: number): number[][] {
  const count = Math.min(rows, columns);
  const at = (vector: number, k: number) =>
    rows < columns ? values[vector * columns + k] : values[k * columns + vector];
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < Math.max(rows, columns); k++) sum += at(i, k) * at(j, k);
      return sum;
    }),
  );
}

test.each([
  [7, 21],
  [21, 7],
  [16, 16],
  [1, 5],
  [40, 120],
  [95, 61],
])('QᵀQ = I for %i×%i', (rows, columns) => {
  computeGram(createOrthogonalMatrix(rows, columns, 1, 3), rows, columns).forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(i === j ? 1 : 0, 5);
    });
  });
});

test.each([
  [5, 9],
  [40, 40],
  [61, 95],
  [700, 50],
])('matches Gram-Schmidt on normal numbers, vector by vector: %i×%i', (rows, columns) => {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const normal = normalStream(8);
  const vectors = Array.from({ length: count }, () => Array.from({ length }, normal));
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
  const actual = createOrthogonalMatrix(rows, columns, 1, 8);
  const wanted = new Float32Array(rows * columns);
  vectors.forEach((vector, i) => {
    for (const before of vectors.slice(0, i)) {
      const amount = dot(vector, before);
      for (let k = 0; k < length; k++) vector[k] -= amount * before[k];
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < length; k++) {
      vector[k] /= norm;
      wanted[rows < columns ? i * columns + k : k * columns + i] = vector[k];
    }
  });
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
  expect(worst).toBeLessThan(1e-6);
});

test('is uniform: entries have mean 0 and variance 1 / length', () => {
  const values = Array.from({ length: 400 }, (_, seed) => [...createOrthogonalMatrix(4, 4, 1, seed)]);
  for (let entry = 0; entry < 16; entry++) {
    const column = values.map((matrix) => matrix[entry]);
    const mean = column.reduce((a, b) => a + b) / column.length;
    const square = column.reduce((a, b) => a + b * b, 0) / column.length;
    // Four standard errors of the mean of 400 values of variance 1/4.
    expect(Math.abs(mean)).toBeLessThan((4 * 0.5) / 20);
    expect(square).toBeGreaterThan(0.19);
    expect(square).toBeLessThan(0.31);
  }
});

test('the gain scales; a seed repeats the weights; without a seed they differ', async () => {
  const [a, b, c] = [orthogonal({ gain: 2, seed: 5 }), orthogonal({ seed: 5 }), orthogonal()].map(
    (initializer) => initializer.apply([3, 9]).dataSync(),
  );
  expect([...a]).toEqual([...b].map((value) => 2 * value));
  expect([...c]).not.toEqual([...b]);
  expect([...orthogonal().apply([3, 9]).dataSync()]).not.toEqual([...c]);
});

test('initializes a TensorFlow.js layer and is kept in its configuration', () => {
  const layer = dense({
    units: 4,
    inputShape: [4],
    kernelInitializer: orthogonal({ seed: 1 }),
    useBias: false,
  });
  const before = sequential({ layers: [layer] });
  const [kernel] = before.getWeights();
  expect([...kernel.dataSync()]).toEqual([...orthogonal({ seed: 1 }).apply([4, 4]).dataSync()]);
  expect(layer.getConfig().kernelInitializer).toEqual({
    className: 'SluiceOrthogonal',
    config: { gain: 1, seed: 1 },
  });
  expect(before.predict(ones([1, 4]))).toBeDefined();
});

test('a vector is refused', () => {
  expect(() => orthogonal().apply([5])).toThrow('needs a matrix, but the weight has shape [5]');
});
