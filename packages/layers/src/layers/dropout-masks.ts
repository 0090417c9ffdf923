import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { derivedSeed, freshSeed, streamSeed, uniformStream } from '../weights/random.js';

/** The dropout masks of one layer: every one different, all repeatable when there is a seed. */
export class DropoutMasks {
  /** How many masks have been drawn; set it to continue an interrupted training run where it stood. */
  drawn = 0;
  private readonly seed: number;

  constructor(seed: number | undefined) {
    this.seed = streamSeed(seed ?? freshSeed(), 'dropout');
  }

  /** A mask of zeros, a share `rate` of the whole, and of 1 / (1 − rate), which keeps the mean (Srivastava et al. 2014). */
  draw(shape: number[], rate: number): Tensor {
    const uniform = uniformStream(derivedSeed(this.seed, this.drawn));
    this.drawn += 1;
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, () => (uniform() < rate ? 0 : 1 / (1 - rate)));
    return tensor(values, shape, 'float32');
  }
}
