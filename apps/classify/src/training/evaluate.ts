import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { EncodedTexts, LabelledTexts } from '../text/encoded-texts.js';

/** The quality of a model on labelled texts. */
export interface Evaluation {
  examples: number;
  /** Mean cross-entropy in nats; NaN when a prediction is NaN. */
  loss: number;
  accuracy: number;
  /** The number of examples, `[true class][predicted class]`. */
  confusion: number[][];
}

/** The number of texts in one call of the model. Only the memory depends on it. */
const batchSize = 128;

/**
 * The probability of each class for each text.
 *
 * @param count the number of texts, from the first.
 * @returns `[texts, classes]`; for two classes the model's one output p becomes 1 − p and p.
 */
export async function probabilities(
  model: LayersModel,
  texts: EncodedTexts,
  classes: number,
  count = texts.count,
): Promise<Float32Array> {
  const result = new Float32Array(count * classes);
  const order = texts.longestFirst(Array.from({ length: count }, (_, position) => position));
  for (let start = 0; start < order.length; start += batchSize) {
    const positions = order.subarray(start, start + batchSize);
    const output = tidy(() => model.predictOnBatch(texts.inputs(positions)) as Tensor);
    const values = await output.data();
    output.dispose();
    positions.forEach((position, row) => {
      if (classes === 2) result.set([1 - values[row], values[row]], position * 2);
      else result.set(values.slice(row * classes, (row + 1) * classes), position * classes);
    });
  }
  return result;
}

/** Compares the model's predictions with the true classes. */
export async function evaluate(model: LayersModel, set: LabelledTexts): Promise<Evaluation> {
  const classes = set.classes.length;
  const predicted = await probabilities(model, set.texts, classes);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let correct = 0;
  set.labels.forEach((label, index) => {
    const row = predicted.subarray(index * classes, (index + 1) * classes);
    const guess = mostLikely(row);
    confusion[label][guess]++;
    if (guess === label) correct++;
    loss -= Math.log(Math.max(row[label], smallestProbability));
  });
  return { examples: set.count, loss: loss / set.count, accuracy: correct / set.count, confusion };
}

/** The least probability in a loss, so that it stays finite. The training losses have the same limit. */
const smallestProbability = 1e-7;

/** The position of the largest value; of equal values, the first. */
export function mostLikely(row: Float32Array): number {
  let best = 0;
  for (let index = 1; index < row.length; index++) if (row[index] > row[best]) best = index;
  return best;
}
