import { type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Bidirectional, Embedding, RecurrentLayer } from '../index.js';
import { type ReferenceRun, runReference } from './reference-layer.js';

/** Sentences of indices with their labels, row by row. */
export interface Examples {
  readonly batch: number;
  readonly timesteps: number;
  readonly indices: readonly number[];
  /** 0 or 1 for each sentence. */
  readonly labels: readonly number[];
}

/** Three sentences of four indices. */
export const EXAMPLES: Examples = {
  batch: 3,
  timesteps: 4,
  indices: [1, 4, 2, 3, 2, 1, 0, 0, 3, 0, 4, 4],
  labels: [1, 0, 1],
};

/** The indices of `EXAMPLES`. */
export const createTokens = (): Tensor => tensor2d([...EXAMPLES.indices], [3, 4], 'int32');

/** The labels of `EXAMPLES`. */
export const createLabels = (): Tensor => tensor2d([...EXAMPLES.labels], [3, 1]);

/** The results of a classifier, computed by the float64 reference from its weights. */
export interface ClassifierRun {
  readonly predictions: Float64Array;
  /** The mean binary cross-entropy. */
  readonly loss: number;
  /** The gradients of the loss by the weights, in the model's order. */
  readonly gradients: readonly Float64Array[];
}

/**
 * Runs the reference of a model: an embedding, recurrent layers, and a dense layer of one unit with a sigmoid. If the
 * embedding masks zeros, index 0 is padding.
 */
export function runClassifier(
  { layers }: LayersModel,
  weights: readonly Float64Array[],
  { batch, timesteps, indices, labels }: Examples,
): ClassifierRun {
  const embedding = layers.find((layer) => layer instanceof Embedding) as Embedding;
  const recurrent = layers.filter(
    (layer) => layer instanceof RecurrentLayer || layer instanceof Bidirectional,
  );
  const [table, ...others] = weights;
  const { outputDim, maskZero } = embedding.getConfig() as { outputDim: number; maskZero: boolean };
  const embedded = new Float64Array(indices.length * outputDim);
  indices.forEach((index, i) => {
    embedded.set(table.subarray(index * outputDim, (index + 1) * outputDim), i * outputDim);
  });
  const mask = maskZero ? Float64Array.from(indices, (index) => (index === 0 ? 0 : 1)) : undefined;

  const runs: ReferenceRun[] = [];
  let x = embedded;
  for (const layer of recurrent) {
    const layerWeights = others.splice(0, layer.weights.length);
    runs.push(runReference(layer, layerWeights, { batch, timesteps, x, mask }));
    [x] = runs[runs.length - 1].outputs as Float64Array<ArrayBuffer>[];
  }
  const [kernel, [bias]] = others;
  const features = kernel.length;
  const row = (i: number) => x.subarray(i * features, (i + 1) * features);
  const predictions = Float64Array.from(
    labels,
    (_, i) => 1 / (1 + Math.exp(-row(i).reduce((total, value, k) => total + value * kernel[k], bias))),
  );

  // The derivative of the cross-entropy by the sigmoid's argument is prediction − label.
  const errors = predictions.map((prediction, i) => (prediction - labels[i]) / batch);
  const kernelGradient = kernel.map((_, k) =>
    errors.reduce((total, error, i) => total + error * row(i)[k], 0),
  );
  const biasGradient = Float64Array.of(errors.reduce((total, error) => total + error, 0));
  let cotangent = x.map((_, i) => errors[Math.floor(i / features)] * kernel[i % features]);
  const recurrentGradients: Float64Array[] = [];
  for (const run of runs.reverse()) {
    const gradient = run.gradient([cotangent]);
    recurrentGradients.unshift(...gradient.weights);
    cotangent = gradient.x as Float64Array<ArrayBuffer>;
  }
  const tableGradient = new Float64Array(table.length);
  cotangent.forEach((value, i) => {
    tableGradient[indices[Math.floor(i / outputDim)] * outputDim + (i % outputDim)] += value;
  });
  const losses = predictions.map((p, i) => -Math.log(labels[i] === 1 ? p : 1 - p));
  return {
    predictions,
    loss: losses.reduce((total, value) => total + value, 0) / batch,
    gradients: [tableGradient, ...recurrentGradients, kernelGradient, biasGradient],
  };
}
