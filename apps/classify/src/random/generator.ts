import { deriveSeed as deriveStreamSeed, uniformStream } from '@sluice/core/random';

/** Seeded random whole numbers: the same seed gives the same numbers in every JavaScript engine. */
export class Generator {
  private readonly uniform: () => number;

  /** @param seed any integer in the safe range; both halves of it are used. */
  constructor(seed: number) {
    this.uniform = uniformStream(deriveStreamSeed(seed, Math.floor(seed / 2 ** 32)));
  }

  /** The next 32 bits as an unsigned integer. */
  bits(): number {
    return this.uniform() * 2 ** 32;
  }

  /** A uniform integer from 0 to `bound` − 1, without modulo bias. `bound` is at most 2³². */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let bits = this.bits();
    while (bits >= limit) bits = this.bits();
    return bits % bound;
  }

  /** The numbers 0 to `count` − 1 in random order (Fisher and Yates). */
  permutation(count: number): Int32Array<ArrayBuffer> {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }
}

/**
 * A seed for one purpose, from the run's seed and the numbers of the purpose (a stream, an epoch, a step). It depends on
 * nothing else, so a resumed run has the same seeds as an uninterrupted one.
 *
 * @param seed any integer in the safe range; both halves of it are used.
 * @returns an integer from 1 to 2³¹ − 1. Never 0, which TensorFlow.js treats as a missing seed.
 */
export function deriveSeed(seed: number, ...purpose: number[]): number {
  const high = Math.floor(seed / 2 ** 32);
  const bits = [high, ...purpose].reduce((derived, part) => deriveStreamSeed(derived, part), seed);
  return (bits % (2 ** 31 - 1)) + 1;
}

/** The first number of a purpose. */
export const stream = { split: 1, order: 2, dropout: 3, weights: 4 } as const;
