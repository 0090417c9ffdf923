import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { adam, clipGradients, dense, sequential } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { saveAndLoad, saveToMemory } from './model-files.js';

/** Devices work on rows of 1024 numbers: sizes below, at and above multiples of it. */
const SHAPES = [[], [3], [1023], [32, 32], [1025], [100, 50]];

type Adam = ReturnType<typeof tf.train.adam>;

/** Repeatable weights, and gradients of very different magnitudes that change in every step. */
function createTraining(optimizer: Adam) {
  const weights = SHAPES.map((shape, i) =>
    tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 1, 'float32', i + 1))),
  );
  const gradients = (step: number) =>
    weights.map(({ name, shape }, i) => ({
      name,
      tensor: tf.randomNormal(shape, 0.1, 10 ** ((i % 5) - 3), 'float32', 100 + step * 10 + i) as tf.Tensor,
    }));
  return {
    optimizer,
    weights,
    values: () => weights.map((weight) => weight.dataSync().slice() as Float32Array),
    steps: (from: number, to: number) => {
      for (let step = from; step < to; step++) tf.tidy(() => optimizer.applyGradients(gradients(step)));
    },
  };
}

/**
 * Expects relative differences of at most 1e-5. A number near 0 is often the difference of larger numbers and has their
 * rounding errors, so the difference is relative to at least a hundredth of the largest number of the weight.
 */
function expectClose(actual: Float32Array[], wanted: Float32Array[]): void {
  actual.forEach((values, i) => {
    expect(values.length).toBe(wanted[i].length);
    const least = 0.01 * wanted[i].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errors = values.map(
      (value, n) => Math.abs(value - wanted[i][n]) / Math.max(least, Math.abs(wanted[i][n])),
    );
    // `!(error < 1e-5)` also finds NaN.
    expect(
      errors.find((error) => !(error < 1e-5)),
      `weight ${i}`,
    ).toBeUndefined();
  });
}

async function stateOf(optimizer: tf.Optimizer) {
  const [iterations, ...moments] = await optimizer.getWeights();
  const count = iterations.tensor.dataSync()[0];
  iterations.tensor.dispose();
  return {
    count,
    names: moments.map(({ name }) => name.replace(/\d+/, '')),
    values: moments.map(({ tensor }) => tensor.dataSync().slice() as Float32Array),
  };
}

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test('twenty steps match those of TensorFlow.js for weights of many sizes', async () => {
    const [ours, theirs] = [adam(0.01), tf.train.adam(0.01)].map(createTraining);
    for (const { steps } of [ours, theirs]) steps(0, 20);
    expectClose(ours.values(), theirs.values());
    const [state, wanted] = [await stateOf(ours.optimizer), await stateOf(theirs.optimizer)];
    expectClose(state.values, wanted.values);
    expect([state.count, state.names]).toEqual([wanted.count, wanted.names]);
    expect(ours.optimizer.getConfig()).toEqual(theirs.optimizer.getConfig());
    expect(ours.optimizer.getClassName()).toBe('Adam');
  });

  test('all arguments match TensorFlow.js, also when the learning rate changes', () => {
    const given = [0.05, 0.7, 0.95, 0.01] as const;
    const optimizers = [adam(...given), tf.train.adam(...given)];
    const [ours, theirs] = optimizers.map(createTraining);
    for (const rate of [0.05, 0.5, 0]) {
      for (const optimizer of optimizers)
        (optimizer as unknown as { learningRate: number }).learningRate = rate;
      const before = ours.values();
      for (const { steps } of [ours, theirs]) steps(0, 3);
      expectClose(ours.values(), theirs.values());
      if (rate === 0) expect(ours.values()).toEqual(before);
      else expect(ours.values()).not.toEqual(before);
    }
  });

  test('TensorFlow.js continues from its state, and it from the state of TensorFlow.js', async () => {
    const whole = createTraining(tf.train.adam(0.02));
    whole.steps(0, 12);
    for (const [begin, end] of [
      [adam(0.02), tf.train.adam(0.02)],
      [tf.train.adam(0.02), adam(0.02)],
    ]) {
      const first = createTraining(begin);
      first.steps(0, 6);
      await end.setWeights(await begin.getWeights());
      const second = createTraining(end);
      second.weights.forEach((weight, i) => {
        weight.assign(first.weights[i]);
      });
      second.steps(6, 12);
      expectClose(second.values(), whole.values());
      expect(end.iterations).toBe(12);
    }
  });

  test('a weight without a gradient keeps its value and its moments', () => {
    const [ours, theirs] = [adam(0.1), tf.train.adam(0.1)].map((optimizer) => {
      const weights = [tf.variable(tf.ones([2])), tf.variable(tf.ones([3])), tf.variable(tf.ones([2]))];
      const gradients = weights.map(({ name, shape }, i) => ({ name, tensor: tf.fill(shape, i + 1) }));
      const without = gradients.map((one, i) => (i === 1 ? { ...one, tensor: null as never } : one));
      optimizer.applyGradients(without);
      expect([...weights[1].dataSync()]).toEqual([1, 1, 1]);
      optimizer.applyGradients(gradients);
      optimizer.applyGradients(
        Object.fromEntries(gradients.map(({ name, tensor }) => [name, tensor])) as never,
      );
      optimizer.applyGradients(without);
      return weights.map((weight) => weight.dataSync() as Float32Array);
    });
    expectClose(ours, theirs);
  });

  test('steps leak no tensor and no byte, and dispose disposes the state', () => {
    const count = () => {
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      return { numTensors, numBytes, numDataBuffers };
    };
    const empty = count();
    const { optimizer, weights, steps } = createTraining(adam());
    steps(0, 1);
    const before = count();
    steps(1, 5);
    expect(count()).toEqual(before);
    optimizer.dispose();
    tf.dispose(weights);
    expect(count()).toEqual(empty);
  });

  test('trains a model with and without clipping, and is saved and loaded with it', async () => {
    const [x, y] = [tf.randomNormal([8, 3], 0, 1, 'float32', 1), tf.randomNormal([8, 1], 0, 1, 'float32', 2)];
    for (const wrapped of [(inner: Adam) => inner, (inner: Adam) => clipGradients(inner, { norm: 0.5 })]) {
      const [ours, theirs] = [adam(0.05), tf.train.adam(0.05)].map((inner) => {
        const model = sequential({
          layers: [dense({ units: 1, inputShape: [3], kernelInitializer: 'ones' })],
        });
        model.compile({ optimizer: wrapped(inner), loss: 'meanSquaredError' });
        return model;
      });
      for (const model of [ours, theirs]) await model.fit(x, y, { epochs: 5, shuffle: false, verbose: 0 });
      expectClose(...([ours, theirs].map(valuesOf) as [Float32Array[], Float32Array[]]));
      const [file, wanted] = [ours, theirs].map((model) => saveToMemory(model, { includeOptimizer: true }));
      expect((await file).trainingConfig).toEqual((await wanted).trainingConfig);

      const loaded = await saveAndLoad(ours, { includeOptimizer: true });
      expect(await stateOf(loaded.optimizer)).toEqual(await stateOf(ours.optimizer));
      for (const model of [loaded, theirs]) await model.fit(x, y, { epochs: 2, shuffle: false, verbose: 0 });
      expectClose(...([loaded, theirs].map(valuesOf) as [Float32Array[], Float32Array[]]));
    }
  });
});

const valuesOf = (model: { getWeights(): tf.Tensor[] }) =>
  model.getWeights().map((weight) => weight.dataSync().slice() as Float32Array);

describe('the choice of kernels', () => {
  /** The names of the kernels in one step. */
  async function listKernels(backend: string, dtype: 'float32' | 'int32') {
    await tf.setBackend(backend);
    const optimizer = adam();
    const weight = tf.variable(tf.zeros([4], dtype), true, undefined, dtype);
    const run = vi.spyOn(tf.engine(), 'runKernel');
    try {
      optimizer.applyGradients([{ name: weight.name, tensor: tf.ones([4]) }]);
    } catch {
      // TensorFlow.js refuses to assign float32 values to an int32 variable.
    }
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    return names;
  }

  test('one kernel for a float32 weight on a backend that has it, else TensorFlow.js’s operations', async () => {
    expect(await listKernels('cpu', 'float32')).toContain('SluicePointwise');
    expect(await listKernels('cpu', 'int32')).not.toContain('SluicePointwise');
    expect(await listKernels('plain', 'float32')).not.toContain('SluicePointwise');
  });
});
