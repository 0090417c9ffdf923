import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { paddingIndex, type Vocabulary } from './vocabulary.js';

/** Texts as the numbers of their tokens, one after the other in one array. */
export class EncodedTexts {
  private readonly indices: Int32Array<ArrayBuffer>;
  private readonly starts: Int32Array<ArrayBuffer>;

  constructor(texts: readonly (readonly string[])[], vocabulary: Vocabulary) {
    this.starts = new Int32Array(texts.length + 1);
    texts.forEach((tokens, index) => {
      this.starts[index + 1] = this.starts[index] + tokens.length;
    });
    this.indices = new Int32Array(this.starts[texts.length]);
    texts.forEach((tokens, index) => {
      tokens.forEach((token, position) => {
        this.indices[this.starts[index] + position] = vocabulary.indexOf(token);
      });
    });
  }

  /** How many texts there are. */
  get count(): number {
    return this.starts.length - 1;
  }

  /**
   * The positions of texts in order, the longest first, equally long ones by position. In such a batch the texts that
   * are still going on at a time step are its first rows: one block for the recurrent kernels rather than many.
   */
  longestFirst(positions: Iterable<number>): Int32Array {
    return Int32Array.from([...positions].sort((a, b) => this.lengthOf(b) - this.lengthOf(a) || a - b));
  }

  /**
   * The texts with the given positions as int32 `[batch, timesteps]`, padded at the end to the longest of them:
   * time steps that would be padding in every row cost time and change nothing. The caller disposes of it.
   */
  inputs(positions: Int32Array): Tensor2D {
    let timesteps = 1;
    for (const position of positions) timesteps = Math.max(timesteps, this.lengthOf(position));
    const indices = new Int32Array(positions.length * timesteps).fill(paddingIndex);
    positions.forEach((position, row) => {
      indices.set(this.indices.subarray(this.starts[position], this.starts[position + 1]), row * timesteps);
    });
    return tensor2d(indices, [positions.length, timesteps], 'int32');
  }

  private lengthOf(position: number): number {
    return this.starts[position + 1] - this.starts[position];
  }
}
