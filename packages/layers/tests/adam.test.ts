import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { adam, clipGradients, dense, sequential } from '../src/index.js';
import { BACKENDS } from './backends.js';
import { saved, savedAndLoaded } from './model-files.js';

/** Rows of 1024 numbers are a device's unit of work: sizes on both sides of it. */
const SHAPES = [[], [3], [1023], [32, 32], [1025], [100, 50]];

type Adam = ReturnType<typeof tf.train.adam>;

/** Weights with the same values every time, and gradients that differ from step to step, of very different sizes. */
function training(optimizer: Adam) {
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
 * A relative difference of at most 1e-5. A number near 0 is often a difference of larger ones, which carries their
 * rounding, so it counts as a hundredth of the largest of its weight.
 */
function expectClose(actual: Float32Array[], wanted: Float32Array[]): void {
  actual.forEach((values, i) => {
    expect(values.length).toBe(wanted[i].length);
    const least = 0.01 * wanted[i].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errors = values.map(
      (value, n) => Math.abs(value - wanted[i][n]) / Math.max(least, Math.abs(wanted[i][n])),
    );
    // Every one of them, so that NaN does not pass for a small error.
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

  test('twenty steps are those of TensorFlow.js, of weights of many sizes', async () => {
    const [ours, theirs] = [adam(0.01), tf.train.adam(0.01)].map(training);
    for (const { steps } of [ours, theirs]) steps(0, 20);
    expectClose(ours.values(), theirs.values());
    const [state, wanted] = [await stateOf(ours.optimizer), await stateOf(theirs.optimizer)];
    expectClose(state.values, wanted.values);
    expect([state.count, state.names]).toEqual([wanted.count, wanted.names]);
    expect(ours.optimizer.getConfig()).toEqual(theirs.optimizer.getConfig());
    expect(ours.optimizer.getClassName()).toBe('Adam');
  });

  test('takes all arguments, and a learning rate that changes', () => {
    const given = [0.05, 0.7, 0.95, 0.01] as const;
    const optimizers = [adam(...given), tf.train.adam(...given)];
    const [ours, theirs] = optimizers.map(training);
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

  test('its state goes on in TensorFlow.js’s, and the other way round', async () => {
    const whole = training(tf.train.adam(0.02));
    whole.steps(0, 12);
    for (const [begin, end] of [
      [adam(0.02), tf.train.adam(0.02)],
      [tf.train.adam(0.02), adam(0.02)],
    ]) {
      const first = training(begin);
      first.steps(0, 6);
      await end.setWeights(await begin.getWeights());
      const second = training(end);
      second.weights.forEach((weight, i) => {
        weight.assign(first.weights[i]);
      });
      second.steps(6, 12);
      expectClose(second.values(), whole.values());
      expect(end.iterations).toBe(12);
    }
  });

  test('a weight without a gradient keeps its place and its value', () => {
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

  test('steps leave no tensor and no byte behind, and dispose frees the rest', () => {
    const count = () => {
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      return { numTensors, numBytes, numDataBuffers };
    };
    const empty = count();
    const { optimizer, weights, steps } = training(adam());
    steps(0, 1);
    const before = count();
    steps(1, 5);
    expect(count()).toEqual(before);
    optimizer.dispose();
    tf.dispose(weights);
    expect(count()).toEqual(empty);
  });

  test('trains a model, clipped too, and is saved and loaded with it', async () => {
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
      const [file, wanted] = [ours, theirs].map((model) => saved(model, { includeOptimizer: true }));
      expect((await file).trainingConfig).toEqual((await wanted).trainingConfig);

      const loaded = await savedAndLoaded(ours, { includeOptimizer: true });
      expect(await stateOf(loaded.optimizer)).toEqual(await stateOf(ours.optimizer));
      for (const model of [loaded, theirs]) await model.fit(x, y, { epochs: 2, shuffle: false, verbose: 0 });
      expectClose(...([loaded, theirs].map(valuesOf) as [Float32Array[], Float32Array[]]));
    }
  });
});

const valuesOf = (model: { getWeights(): tf.Tensor[] }) =>
  model.getWeights().map((weight) => weight.dataSync().slice() as Float32Array);

describe('which way it goes', () => {
  /** The kernels that one step runs. */
  async function kernelsOf(backend: string, dtype: 'float32' | 'int32') {
    await tf.setBackend(backend);
    const optimizer = adam();
    const weight = tf.variable(tf.zeros([4], dtype), true, undefined, dtype);
    const run = vi.spyOn(tf.engine(), 'runKernel');
    try {
      optimizer.applyGradients([{ name: weight.name, tensor: tf.ones([4]) }]);
    } catch {
      // TensorFlow.js refuses to make whole numbers of the new values.
    }
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    return names;
  }

  test('one kernel for a weight where there is one, else TensorFlow.js’s operations', async () => {
    expect(await kernelsOf('cpu', 'float32')).toContain('SluicePointwise');
    expect(await kernelsOf('cpu', 'int32')).not.toContain('SluicePointwise');
    expect(await kernelsOf('plain', 'float32')).not.toContain('SluicePointwise');
  });
});
