import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import type { Example } from '../data/example.js';
import { EncodedTexts } from '../text/encoded-texts.js';
import type { Vocabulary } from '../text/vocabulary.js';

/** Texts and their classes as numbers. */
export class LabelledTexts {
  readonly texts: EncodedTexts;
  /** The class of each text: its position among the classes. */
  readonly labels: Int32Array;

  /**
   * @param tokens of each example, in the examples' order.
   * @param classes every label must be one of them.
   */
  constructor(
    examples: readonly Example[],
    tokens: readonly (readonly string[])[],
    vocabulary: Vocabulary,
    readonly classes: readonly string[],
  ) {
    const positions = new Map(classes.map((label, position) => [label, position]));
    this.texts = new EncodedTexts(tokens, vocabulary);
    this.labels = Int32Array.from(examples, ({ label }) => positions.get(label) as number);
  }

  get count(): number {
    return this.labels.length;
  }

  /**
   * The classes of the same texts as the model's loss wants them: `[batch, 1]` with 0 or 1 for two classes,
   * one-hot `[batch, classes]` for more. The caller disposes of it.
   */
  targets(positions: Int32Array): Tensor2D {
    const columns = this.classes.length === 2 ? 1 : this.classes.length;
    const targets = new Float32Array(positions.length * columns);
    positions.forEach((position, row) => {
      const label = this.labels[position];
      if (columns === 1) targets[row] = label;
      else targets[row * columns + label] = 1;
    });
    return tensor2d(targets, [positions.length, columns]);
  }
}
