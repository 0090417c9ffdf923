import { dense, embedding, gru, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

const STEPS = 4;

export interface Outcome {
  /** Predictions of the new model and of the trained one. */
  readonly predictions: readonly number[][];
  /** The loss before each training step. */
  readonly losses: readonly number[];
  /** The kernels that have run, each once, in alphabetical order. */
  readonly kernels: readonly string[];
}

/** Numbers between −scale and scale that look random and are the same everywhere. */
const numbers = (length: number, scale: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * seed));

/** Predicts and trains with an embedding, two GRUs and padding, on TensorFlow.js's current backend. */
export async function trainClassifier(): Promise<Outcome> {
  const model = sequential({
    layers: [
      embedding({ inputDim: 12, outputDim: 6, inputLength: 9, maskZero: true }),
      gru({ units: 5, returnSequences: true }),
      gru({ units: 4 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.setWeights(model.getWeights().map(({ shape, size }, i) => tf.tensor(numbers(size, 0.8, i), shape)));
  model.compile({ optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy' });
  const words = numbers(7 * 9, 6, 20).map((value) => Math.floor(value + 6));
  const x = tf.tensor2d(words, [7, 9], 'int32');
  const y = tf.tensor2d([0, 1, 1, 0, 1, 0, 0], [7, 1]);

  const predict = () => [...(model.predict(x) as tf.Tensor).dataSync()];
  const losses: number[] = [];
  const predictions: number[][] = [];
  const { kernelNames } = await tf.profile(async () => {
    predictions.push(predict());
    for (let step = 0; step < STEPS; step++) losses.push((await model.trainOnBatch(x, y)) as number);
    predictions.push(predict());
  });
  return { predictions, losses, kernels: [...new Set(kernelNames)].sort() };
}
