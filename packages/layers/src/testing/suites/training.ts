import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { adam, bidirectional, dense, embedding, gru, lstm, sequential, simpleRNN, sru } from '../../index.js';
import { expectNear } from '../check-layer.js';
import { float64s, setWave } from '../numbers.js';
import { type Examples, runClassifier } from '../reference-classifier.js';
import type { Suite } from '../subject.js';

const units = 3;
const RATE = 0.5;

const EXAMPLES: Examples = {
  batch: 3,
  timesteps: 4,
  indices: [1, 4, 2, 3, 2, 1, 0, 0, 3, 0, 4, 4],
  labels: [1, 0, 1],
};
const tokens = () => tf.tensor2d([...EXAMPLES.indices], [EXAMPLES.batch, EXAMPLES.timesteps], 'int32');
const labels = () => tf.tensor2d([...EXAMPLES.labels], [EXAMPLES.batch, 1]);

function classifier() {
  const model = sequential({
    layers: [
      embedding({ inputDim: 5, outputDim: 3, maskZero: true }),
      gru({ units, returnSequences: true }),
      bidirectional({ layer: lstm({ units }), mergeMode: 'sum' }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  setWave(model);
  return model;
}

const weightsOf = (model: ReturnType<typeof classifier>) =>
  model.weights.map((weight) => weight.read() as tf.Variable);

/** The weights and losses of gradient descent on the reference's gradients. */
async function descended(model: ReturnType<typeof classifier>, steps: number) {
  let weights = await float64s(weightsOf(model));
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { loss, gradients } = runClassifier(model, weights, EXAMPLES);
    losses.push(loss);
    weights = weights.map((values, i) => values.map((value, k) => value - RATE * gradients[i][k]));
  }
  return { weights, losses };
}

export const trainingSuite: Suite = (subject) =>
  describe('training', () => {
    test('runs by the path that is expected', async () => {
      const { kernelNames } = await tf.profile(() => gru({ units }).apply(tf.ones([1, 3, 3])) as tf.Tensor);
      expect(kernelNames.includes('SluiceRecurrent')).toBe(subject.path === 'kernels');
    });

    test('a model predicts', async () => {
      const model = classifier();
      const expected = runClassifier(model, await float64s(weightsOf(model)), EXAMPLES);
      await expectNear(subject, [model.predict(tokens()) as tf.Tensor], [expected.predictions]);
    });

    test('fit goes down the gradient', async () => {
      const model = classifier();
      const expected = await descended(model, 3);
      model.compile({ optimizer: tf.train.sgd(RATE), loss: 'binaryCrossentropy' });
      const { history } = await model.fit(tokens(), labels(), { epochs: 3, shuffle: false, verbose: 0 });
      const losses = tf.tensor1d(history.loss as number[]);
      await expectNear(subject, [losses], [expected.losses], 'gradient', ['losses']);
      const names = model.weights.map(({ name }) => name);
      await expectNear(subject, weightsOf(model), expected.weights, 'gradient', names);
    });

    test('a loop with variableGrads goes down the gradient', async () => {
      const model = classifier();
      const expected = await descended(model, 2);
      const optimizer = tf.train.sgd(RATE);
      const [x, y] = [tokens(), labels()];
      for (let step = 0; step < 2; step++) {
        const { grads } = tf.variableGrads(() => {
          const predictions = model.apply(x, { training: true }) as tf.Tensor;
          return tf.losses.logLoss(y, predictions, undefined, 0) as tf.Scalar;
        });
        optimizer.applyGradients(grads);
      }
      await expectNear(subject, weightsOf(model), expected.weights, 'gradient');
    });

    test('adam goes as far as its equations say', async () => {
      const model = classifier();
      const before = await float64s(weightsOf(model));
      const { gradients } = runClassifier(model, before, EXAMPLES);
      // The first step is rate · g / (|g| + ε), whose ε is large here: a small g has few digits.
      const [rate, epsilon] = [0.1, 0.1];
      const expected = before.map((values, i) =>
        values.map((value, k) => value - (rate * gradients[i][k]) / (Math.abs(gradients[i][k]) + epsilon)),
      );
      model.compile({ optimizer: adam(rate, 0.9, 0.999, epsilon), loss: 'binaryCrossentropy' });
      await model.trainOnBatch(tokens(), labels());
      await expectNear(subject, weightsOf(model), expected, 'gradient');
    });

    // TensorFlow.js's operations are many for each step; one kind must do there.
    const kinds = subject.path === 'kernels' ? { gru, lstm, sru, simpleRNN } : { gru };
    test.each(Object.entries(kinds))('two layers of %s learn which token came first', async (_, make) => {
      const model = sequential({
        layers: [
          embedding({ inputDim: 5, outputDim: 3, inputLength: 4, seed: 1 }),
          make({ units, returnSequences: true, seed: 2 }),
          make({ units, seed: 3 }),
          dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'ones' }),
        ],
      });
      model.compile({ optimizer: tf.train.adam(0.1), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
      const rows = Array.from({ length: 12 }, (_, i) => [
        i % 2,
        ...[1, 2, 3].map((k) => (i * k * 7 + k) % 4),
      ]);
      const sentences = (count: number) => tf.tensor2d(rows.slice(0, count), [count, 4], 'int32');
      const firsts = (count: number) => tf.tensor2d(rows.slice(0, count).map(([first]) => [first]));
      // Batches as large as the other tests': webgl compiles its programs for every shape.
      const { history } = await model.fit(sentences(12), firsts(12), {
        epochs: 8,
        batchSize: 3,
        shuffle: false,
        verbose: 0,
      });
      expect(history.acc.at(-1)).toBeGreaterThan(0.95);
      expect(history.loss.at(-1)).toBeLessThan(0.2);
      const [loss, accuracy] = (await model.trainOnBatch(sentences(3), firsts(3))) as number[];
      expect(loss).toBeLessThan(0.2);
      expect(accuracy).toBeGreaterThan(0.95);
      expect((model.predict(sentences(3)) as tf.Tensor).shape).toEqual([3, 1]);
    });

    test('the same seeds give the same numbers', async () => {
      const losses = async () => {
        const model = sequential({
          layers: [
            gru({
              units,
              inputShape: [4, 3],
              seed: 7,
              dropout: 0.3,
              recurrentDropout: 0.3,
              returnSequences: true,
            }),
            bidirectional({ layer: lstm({ units, seed: 8, dropout: 0.3 }) }),
            dense({ units: 1, kernelInitializer: 'ones' }),
          ],
        });
        model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
        const { history } = await model.fit(tf.ones([3, 4, 3]), tf.ones([3, 1]), {
          epochs: 3,
          shuffle: false,
          verbose: 0,
        });
        return history.loss;
      };
      const first = await losses();
      expect(await losses()).toEqual(first);
      expect(new Set(first).size).toBe(3);
    });
  });
