import { type ArrayPlace, type Program, pointwiseProgram } from '@sluice/core/backend';
import { sqrt } from '@sluice/core/equations';
import { adam, orthogonal } from '@sluice/layers';
import { ORTHONORMAL_ROWS, POINTWISE } from '@sluice/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../../src/index.js';
import { sharedHeap } from '../../src/tfjs/shared-memory.js';

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true);
});

/** Rows of 1024 numbers are run at once: sizes on both sides of every border. */
const SHAPES = [[0], [], [1], [3], [1023], [1024], [1025], [2048], [5000], [3, 50, 41]];

describe('pointwise programs over tensors', () => {
  const program = pointwiseProgram(['a', 'b', 'scale'], ({ a, b, scale }) => [
    a.mul(scale).add(sqrt(b)),
    b.sub(scale),
  ]);
  const run = (given: Program<ArrayPlace>, ...loads: tf.Tensor[]) =>
    tf.engine().runKernel(POINTWISE, Object.fromEntries(loads.map((load, i) => [`load${i}`, load])), {
      program: given,
    } as never) as tf.Tensor[];

  test.each(SHAPES.map((shape) => ({ shape })))('of the shape $shape', ({ shape }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const first = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const second = first.map((value) => value * value + 1);
    const loads = [tf.tensor(first, shape), tf.tensor(second, shape), tf.scalar(0.5)];
    const results = run(program, ...loads);
    expect(results.map((result) => result.shape)).toEqual([shape, shape]);
    const root = Float32Array.from(second, Math.sqrt);
    expect(results[0].dataSync()).toEqual(first.map((value, i) => Math.fround(value * 0.5) + root[i]));
    expect(results[1].dataSync()).toEqual(second.map((value) => value - 0.5));
    expect(loads.map((load) => load.dataSync())).toEqual([first, second, Float32Array.of(0.5)]);
  });

  test('a load of another size is an error with its name, and keeps no memory', () => {
    const loads = [tf.ones([4]), tf.ones([3]), tf.scalar(1)];
    const before = tf.engine().backend.numDataIds();
    expect(() => run(program, ...loads)).toThrow(/load1 must have 4 numbers/);
    expect(tf.engine().backend.numDataIds()).toBe(before);
  });
});

describe('Adam', () => {
  const made = (optimizer: ReturnType<typeof tf.train.adam>) => {
    const weights = SHAPES.map((shape, i) =>
      tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 1, 'float32', i + 1))),
    );
    const step = (number: number) =>
      tf.tidy(() =>
        optimizer.applyGradients(
          weights.map(({ name, shape }, i) => ({
            name,
            tensor: tf.randomNormal(shape, 0.1, 1, 'float32', 100 * number + i + 1) as tf.Tensor,
          })),
        ),
      );
    return { weights, step };
  };

  test('makes the same steps as TensorFlow.js’s', () => {
    const [ours, theirs] = [adam(0.01), tf.train.adam(0.01)].map(made);
    for (let number = 0; number < 20; number++) {
      ours.step(number);
      theirs.step(number);
    }
    ours.weights.forEach((weight, i) => {
      const [actual, wanted] = [weight.dataSync(), theirs.weights[i].dataSync()];
      expect(actual.length).toBe(wanted.length);
      // What is left of a weight near 0 carries the rounding of where it came from.
      const wrong = actual.filter(
        (value, n) => !(Math.abs(value - wanted[n]) <= 1e-5 * Math.max(0.01, Math.abs(wanted[n]))),
      );
      expect([...wrong], `shape [${weight.shape}]`).toEqual([]);
    });
  });

  test('leaves no tensor behind, nor any memory', () => {
    const heap = sharedHeap(tf.backend() as BackendWasm);
    /** Where a large piece of the memory would begin: it moves when anything is left behind. */
    const probe = () => {
      const address = heap.allocate(1_000_000);
      heap.release(address);
      return address;
    };
    const left = () => {
      const { numTensors, numDataBuffers } = tf.memory();
      const tensors = tf.engine().backend.numDataIds();
      return { numTensors, numDataBuffers, tensors, bytes: heap.memory.buffer.byteLength, free: probe() };
    };
    const train = (steps: number) => {
      const optimizer = adam();
      const { weights, step } = made(optimizer);
      step(0);
      const { numTensors } = tf.memory();
      for (let number = 1; number < steps; number++) step(number);
      expect(tf.memory().numTensors).toBe(numTensors);
      optimizer.dispose();
      tf.dispose(weights);
    };
    train(20);
    const before = left();
    train(300);
    expect(left()).toEqual(before);
  });
});

async function orthogonalWeights(backend: string, shape: number[]) {
  await tf.setBackend(backend);
  return orthogonal({ seed: 3, gain: 2 }).apply(shape).data<'float32'>();
}

describe('orthogonal weights', () => {
  afterAll(() => tf.setBackend('wasm'));

  test.each([
    [1, 5],
    [8, 8],
    [9, 30],
    [61, 40],
    [40, 643],
  ])('of %i×%i are those of the cpu backend', async (rows, columns) => {
    const wanted = await orthogonalWeights('cpu', [rows, columns]);
    const actual = await orthogonalWeights('wasm', [rows, columns]);
    const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
    expect(worst).toBeLessThan(3e-7);
    expect(tf.getKernel(ORTHONORMAL_ROWS, 'wasm')).toBeDefined();
  });

  test('leave no tensor and no memory behind', async () => {
    await orthogonalWeights('wasm', [300, 900]);
    const heap = sharedHeap(tf.backend() as BackendWasm);
    const inUse = () => [tf.memory().numTensors, heap.memory.buffer.byteLength];
    const before = inUse();
    for (let i = 0; i < 6; i++) tf.dispose(orthogonal().apply([300, 900]));
    expect(inUse()).toEqual(before);
  });
});
