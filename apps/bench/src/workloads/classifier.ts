import { cellFrom, type Plan, planFor } from '@sluice/core';
import { drawWeights, elements } from './layer.js';
import { RandomNumbers } from './random.js';
import type { CellForm, Shape } from './workload.js';

export const VOCABULARY = 10_000;

/** A batch of token sequences `[batch, timesteps]` with a label, 0 or 1, for each. */
export interface TokenBatch {
  readonly tokens: Int32Array;
  readonly labels: Float32Array;
}

/**
 * The workload `train`: one training batch of the classic text classifier, which is an embedding of 10,000 words, two
 * recurrent layers, and a dense unit with a sigmoid over the last output; Adam at its defaults on the binary
 * cross-entropy.
 */
export interface ClassifierProblem {
  /** Of the two recurrent layers. */
  readonly plans: readonly [Plan, Plan];
  /** Every weight with its shape, in the order of `model.getWeights()`. */
  readonly weights: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];
  /** What is measured. */
  readonly batch: TokenBatch;
  /** What is checked: a batch of the same shape in which the first few sequences repeat. */
  readonly checkBatch: TokenBatch;
  /** How many different sequences `checkBatch` has. */
  readonly distinct: number;
}

/** The reference computes each different sequence once, so a check costs what this many sequences cost. */
const DISTINCT_SEQUENCES = 4;

/** Training batches that a contender is checked over: the losses before the first, the second and the third update. */
export const CHECKED_BATCHES = 3;

/** The same numbers every time for a form and shape. */
export function classifierProblem(
  form: CellForm,
  [batch, timesteps, inputSize, units]: Shape,
): ClassifierProblem {
  const random = new RandomNumbers(2);
  const cell = cellFrom(form);
  const plans = [planFor(cell, { inputSize, units }), planFor(cell, { inputSize: units, units })] as const;
  const drawn = (shape: readonly number[], scale: number) => ({
    shape,
    values: random.fill(elements(shape), scale),
  });
  const recurrent = plans.flatMap(({ parameters }) => {
    const values = drawWeights(parameters, random);
    return parameters.map(({ shape }, i) => ({ shape, values: values[i] }));
  });
  const tokens = Int32Array.from({ length: batch * timesteps }, () => Math.floor(random.next() * VOCABULARY));
  const labels = Float32Array.from({ length: batch }, () => Math.round(random.next()));
  const distinct = Math.min(batch, DISTINCT_SEQUENCES);
  return {
    plans,
    weights: [
      drawn([VOCABULARY, inputSize], 1),
      ...recurrent,
      drawn([units, 1], 1 / Math.sqrt(units)),
      drawn([1], 0.1),
    ],
    batch: { tokens, labels },
    checkBatch: {
      tokens: tokens.map(
        (_, i) => tokens[(Math.floor(i / timesteps) % distinct) * timesteps + (i % timesteps)],
      ),
      labels: labels.map((_, i) => labels[i % distinct]),
    },
    distinct,
  };
}
