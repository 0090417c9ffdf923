import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import type { Example } from '../data/example.js';
import { paddingIndex, type Vocabulary } from './vocabulary.js';

/** Texts as the numbers of their tokens, in one array. */
export class EncodedTexts {
  /** The numbers of all tokens, text after text. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** The position of each text's first token, and at the end the number of tokens. */
  readonly starts: Int32Array<ArrayBuffer>;

  constructor(texts: readonly (readonly string[])[], vocabulary: Vocabulary) {
    this.starts = new Int32Array(texts.length + 1);
    texts.forEach((tokens, index) => {
      this.starts[index + 1] = this.starts[index] + tokens.length;
    });
    this.tokens = new Int32Array(this.starts[texts.length]);
    texts.forEach((tokens, index) => {
      tokens.forEach((token, position) => {
        this.tokens[this.starts[index] + position] = vocabulary.indexOf(token);
      });
    });
  }

  /** The number of texts. */
  get count(): number {
    return this.starts.length - 1;
  }

  /**
   * The positions of texts, the longest text first; texts of equal length by position. In such a batch the texts that
   * have not ended at a time step are its first rows, and the recurrent kernels compute one block of rows.
   */
  longestFirst(positions: Iterable<number>): Int32Array {
    return Int32Array.from([...positions].sort((a, b) => this.lengthOf(b) - this.lengthOf(a) || a - b));
  }

  /**
   * The texts with the given positions as int32 `[batch, timesteps]`, padded at the end to the longest of them. The caller
   * disposes of the tensor.
   */
  inputs(positions: Int32Array): Tensor2D {
    let timesteps = 1;
    for (const position of positions) timesteps = Math.max(timesteps, this.lengthOf(position));
    const indices = new Int32Array(positions.length * timesteps).fill(paddingIndex);
    positions.forEach((position, row) => {
      indices.set(this.tokens.subarray(this.starts[position], this.starts[position + 1]), row * timesteps);
    });
    return tensor2d(indices, [positions.length, timesteps], 'int32');
  }

  private lengthOf(position: number): number {
    return this.starts[position + 1] - this.starts[position];
  }
}

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
   * The targets of the loss for these texts: `[batch, 1]` with 0 or 1 for two classes, one-hot `[batch, classes]` for more.
   * The caller disposes of the tensor.
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
