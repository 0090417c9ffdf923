import { pointwiseProgram } from '@sluice/core/backend';
import { sqrt } from '@sluice/core/equations';
import { POINTWISE } from '@sluice/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import '../src/index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const program = pointwiseProgram(['a', 'b', 'scale'], ({ a, b, scale }) => [
  a.mul(scale).add(sqrt(b)),
  b.sub(scale),
]);

const run = (...loads: tf.Tensor[]) =>
  tf.engine().runKernel(POINTWISE, Object.fromEntries(loads.map((load, i) => [`load${i}`, load])), {
    program,
  } as never) as tf.Tensor[];

/** Rows of 1024 and what is left over, on both sides of every border. */
test.each([[0], [1], [3], [1023], [1024], [1025], [2048], [5000], [3, 50, 41]])(
  'every number of the shape %j %j %j is computed, and the loads stay as they are',
  (...shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const first = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const second = first.map((value) => value * value + 1);
    const loads = [tf.tensor(first.slice(), shape), tf.tensor(second.slice(), shape), tf.scalar(0.5)];
    const results = run(...loads);
    expect(results.map((result) => result.shape)).toEqual([shape, shape]);
    const root = Float32Array.from(second, Math.sqrt);
    expect(results[0].dataSync()).toEqual(first.map((value, i) => value * 0.5 + root[i]));
    expect(results[1].dataSync()).toEqual(second.map((value) => value - 0.5));
    expect(loads.map((load) => load.dataSync())).toEqual([first, second, Float32Array.of(0.5)]);
  },
);

test('a load that is missing, of another size or of whole numbers is named', () => {
  const row = tf.ones([4]);
  expect(() => run(row, row)).toThrow("SluicePointwise: the input 'load2' is missing.");
  expect(() => run(row, tf.ones([3]), row)).toThrow(/load1 must have 4 numbers.* shape \[4\].* shape \[3\]/);
  expect(() => run(row, tf.cast(row, 'int32'), row)).toThrow('load1 must be float32, but is int32; cast it');
});
