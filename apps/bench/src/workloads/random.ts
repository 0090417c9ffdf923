import { uniformStream } from '@sluice/core/random';

/** Repeatable numbers: every contender and the reference draw the same data. */
export class RandomNumbers {
  /** Uniform in [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = uniformStream(seed);
  }

  /** Uniform in [−scale, scale), float32. */
  fill(length: number, scale: number): Float32Array {
    return Float32Array.from({ length }, () => (2 * this.next() - 1) * scale);
  }
}
