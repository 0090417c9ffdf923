import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { adam, bidirectional, dense, embedding, gru, lstm, sequential, simpleRNN, sru } from '../../index.js';
import { expectNear } from '../check-layer.js';
import { createLabels, createTokens, EXAMPLES, runClassifier } from '../reference-classifier.js';
import { readAllFloat64, type Suite, setWaveWeights, waveTensor } from '../subject.js';

const units = 3;
const RATE = 0.5;

function createClassifier() {
  const model = sequential({
    layers: [
      embedding({ inputDim: 5, outputDim: 3, maskZero: true }),
      gru({ units, returnSequences: true }),
      bidirectional({ layer: lstm({ units }), mergeMode: 'sum' }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  setWaveWeights(model);
  return model;
}

const weightsOf = (model: ReturnType<typeof createClassifier>) =>
  model.weights.map((weight) => weight.read() as tf.Variable);

/** Gradient descent with the reference's gradients: the weights at the end and the loss of each step. */
async function runDescent(model: ReturnType<typeof createClassifier>, steps: number) {
  let weights = await readAllFloat64(weightsOf(model));
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
    test('layers run on the expected path', async () => {
      const { kernelNames } = await tf.profile(() => gru({ units }).apply(tf.ones([1, 3, 3])) as tf.Tensor);
      expect(kernelNames.includes('SluiceRecurrent')).toBe(subject.path === 'kernels');
    });

    test('the predictions of a model', async () => {
      const model = createClassifier();
      const expected = runClassifier(model, await readAllFloat64(weightsOf(model)), EXAMPLES);
      await expectNear(subject, [model.predict(createTokens()) as tf.Tensor], [expected.predictions]);
    });

    test('fit follows the gradient', async () => {
      const model = createClassifier();
      const expected = await runDescent(model, 3);
      model.compile({ optimizer: tf.train.sgd(RATE), loss: 'binaryCrossentropy' });
      const { history } = await model.fit(createTokens(), createLabels(), {
        epochs: 3,
        shuffle: false,
        verbose: 0,
      });
      const losses = tf.tensor1d(history.loss as number[]);
      await expectNear(subject, [losses], [expected.losses], 'gradient', ['losses']);
      const names = model.weights.map(({ name }) => name);
      await expectNear(subject, weightsOf(model), expected.weights, 'gradient', names);
    });

    test('a loop with variableGrads follows the gradient', async () => {
      const model = createClassifier();
      const expected = await runDescent(model, 2);
      const optimizer = tf.train.sgd(RATE);
      const [x, y] = [createTokens(), createLabels()];
      for (let step = 0; step < 2; step++) {
        const { grads } = tf.variableGrads(() => {
          const predictions = model.apply(x, { training: true }) as tf.Tensor;
          return tf.losses.logLoss(y, predictions, undefined, 0) as tf.Scalar;
        });
        optimizer.applyGradients(grads);
      }
      await expectNear(subject, weightsOf(model), expected.weights, 'gradient');
    });

    test('the first step of adam follows its equations', async () => {
      const model = createClassifier();
      const before = await readAllFloat64(weightsOf(model));
      const { gradients } = runClassifier(model, before, EXAMPLES);
      // The first step is rate · g / (|g| + ε). ε is large here, because a small g has few exact digits.
      const [rate, epsilon] = [0.1, 0.1];
      const expected = before.map((values, i) =>
        values.map((value, k) => value - (rate * gradients[i][k]) / (Math.abs(gradients[i][k]) + epsilon)),
      );
      model.compile({ optimizer: adam(rate, 0.9, 0.999, epsilon), loss: 'binaryCrossentropy' });
      await model.trainOnBatch(createTokens(), createLabels());
      await expectNear(subject, weightsOf(model), expected, 'gradient');
    });

    // On TensorFlow.js's operations, of which each step has many, one kind is enough.
    const kinds = subject.path === 'kernels' ? { gru, lstm, sru, simpleRNN } : { gru };
    test.each(Object.entries(kinds))(
      'two layers of %s learn the first token of a sentence',
      async (_, create) => {
        const model = sequential({
          layers: [
            embedding({ inputDim: 5, outputDim: 3, inputLength: 4, seed: 1 }),
            create({ units, returnSequences: true, seed: 2 }),
            create({ units, seed: 3 }),
            dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'ones' }),
          ],
        });
        model.compile({ optimizer: tf.train.adam(0.1), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
        const rows = Array.from({ length: 12 }, (_, i) => [
          i % 2,
          ...[1, 2, 3].map((k) => (i * k * 7 + k) % 4),
        ]);
        const createSentences = (count: number) => tf.tensor2d(rows.slice(0, count), [count, 4], 'int32');
        const createTargets = (count: number) => tf.tensor2d(rows.slice(0, count).map(([first]) => [first]));
        // The batch size of the other tests, because webgl compiles its programs for every shape.
        const { history } = await model.fit(createSentences(12), createTargets(12), {
          epochs: 8,
          batchSize: 3,
          shuffle: false,
          verbose: 0,
        });
        expect(history.acc.at(-1)).toBeGreaterThan(0.95);
        expect(history.loss.at(-1)).toBeLessThan(0.2);
        const [loss, accuracy] = (await model.trainOnBatch(createSentences(3), createTargets(3))) as number[];
        expect(loss).toBeLessThan(0.2);
        expect(accuracy).toBeGreaterThan(0.95);
        expect((model.predict(createSentences(3)) as tf.Tensor).shape).toEqual([3, 1]);
      },
    );

    test('the same seeds give the same numbers', async () => {
      const train = async () => {
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
      const first = await train();
      expect(await train()).toEqual(first);
      expect(new Set(first).size).toBe(3);
    });
  });

export const nonFiniteSuite: Suite = () =>
  describe('NaN in the inputs', () => {
    test.each([
      ['meanSquaredError', 'linear'],
      ['binaryCrossentropy', 'sigmoid'],
      ['categoricalCrossentropy', 'softmax'],
    ] as const)('reaches the loss and the weights: %s', async (loss, activation) => {
      const model = sequential({
        layers: [gru({ units: 3, inputShape: [4, 3] }), dense({ units: 2, activation })],
      });
      setWaveWeights(model);
      model.compile({ optimizer: 'sgd', loss });
      const x = tf.where(
        tf.tensor([true, false, false], [3, 1, 1], 'bool'),
        Number.NaN,
        waveTensor([3, 4, 3], 1),
      );
      const y = tf.tensor2d([1, 0, 0, 1, 1, 0], [3, 2]);
      expect(await model.trainOnBatch(x, y)).toBeNaN();
      for (const weight of model.getWeights())
        expect([...(await weight.data())].some(Number.isNaN)).toBe(true);
    });
  });
