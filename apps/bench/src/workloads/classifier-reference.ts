import { referenceForward, referenceGradient } from '@sluice/core';
import { CHECKED_BATCHES, type ClassifierProblem, VOCABULARY } from './classifier.js';
import type { Shape } from './workload.js';

/** The defaults of TensorFlow.js's Adam. Kingma & Ba 2015, arXiv:1412.6980, algorithm 1. */
const ADAM = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/**
 * The losses of successive training batches with the problem's `checkBatch`, in float64. A sequence that the batch
 * repeats is computed once and weighs as often as it occurs. Every loss but the first depends on the gradient of every
 * weight, through Adam.
 */
export function classifierLosses(problem: ClassifierProblem, shape: Shape): Float64Array {
  const { learningRate, beta1, beta2, epsilon } = ADAM;
  const weights = problem.weights.map(({ values }) => Float64Array.from(values));
  const [first, second] = [weights, weights].map((all) => all.map(({ length }) => new Float64Array(length)));
  return Float64Array.from({ length: CHECKED_BATCHES }, (_, batch) => {
    const { loss, gradients } = lossAndGradients(problem, shape, weights, batch + 1 < CHECKED_BATCHES);
    const [rest1, rest2] = [1 - beta1 ** (batch + 1), 1 - beta2 ** (batch + 1)];
    for (const [i, gradient] of gradients.entries()) {
      const [values, mean, square] = [weights[i], first[i], second[i]];
      for (let j = 0; j < gradient.length; j++) {
        mean[j] = beta1 * mean[j] + (1 - beta1) * gradient[j];
        square[j] = beta2 * square[j] + (1 - beta2) * gradient[j] ** 2;
        values[j] -= (learningRate * mean[j]) / rest1 / (Math.sqrt(square[j] / rest2) + epsilon);
      }
    }
    return loss;
  });
}

function lossAndGradients(
  { plans, checkBatch, distinct }: ClassifierProblem,
  [batch, timesteps, inputSize, units]: Shape,
  weights: readonly Float64Array[],
  withGradient: boolean,
): { loss: number; gradients: Float64Array[] } {
  const [embedding, ...others] = weights;
  const [denseKernel, denseBias] = others.slice(-2);
  const split = plans[0].parameters.length;
  const tokens = checkBatch.tokens.subarray(0, distinct * timesteps);

  const embedded = new Float64Array(tokens.length * inputSize);
  tokens.forEach((token, i) => {
    embedded.set(embedding.subarray(token * inputSize, (token + 1) * inputSize), i * inputSize);
  });
  const rows = { batch: distinct, timesteps };
  const firstInputs = { ...rows, x: embedded, parameters: others.slice(0, split) };
  const hidden = referenceForward(plans[0], firstInputs).sequence;
  const secondInputs = { ...rows, x: hidden, parameters: others.slice(split, -2) };
  const outputs = referenceForward(plans[1], secondInputs).sequence;

  let loss = 0;
  const dOutputs = new Float64Array(outputs.length);
  const dDenseKernel = new Float64Array(units);
  const dDenseBias = new Float64Array(1);
  for (let row = 0; row < distinct; row++) {
    const last = (row * timesteps + timesteps - 1) * units;
    const output = outputs.subarray(last, last + units);
    const logit = output.reduce((sum, value, i) => sum + value * denseKernel[i], denseBias[0]);
    const label = checkBatch.labels[row];
    const weight = Math.ceil((batch - row) / distinct) / batch;
    // −y log σ(l) − (1 − y) log(1 − σ(l))
    loss += weight * (Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(logit, 0) - logit * label);
    const dLogit = weight * (1 / (1 + Math.exp(-logit)) - label);
    dDenseBias[0] += dLogit;
    for (let i = 0; i < units; i++) {
      dDenseKernel[i] += dLogit * output[i];
      dOutputs[last + i] = dLogit * denseKernel[i];
    }
  }
  if (!withGradient) return { loss, gradients: [] };

  const second = referenceGradient(plans[1], secondInputs, { sequence: dOutputs });
  const first = referenceGradient(plans[0], firstInputs, { sequence: second.x });
  const dEmbedding = new Float64Array(VOCABULARY * inputSize);
  tokens.forEach((token, i) => {
    for (let j = 0; j < inputSize; j++) dEmbedding[token * inputSize + j] += first.x[i * inputSize + j];
  });
  return {
    loss,
    gradients: [dEmbedding, ...first.parameters, ...second.parameters, dDenseKernel, dDenseBias],
  };
}
