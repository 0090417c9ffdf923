/**
 * Seeded random numbers: the generator sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, integer
 * operations only, so that the same seed gives the same numbers in every JavaScript engine.
 */
export class Generator {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param seed any integer in the safe range; both halves of it are used. */
  constructor(seed: number) {
    this.a = seed | 0;
    this.b = Math.floor(seed / 2 ** 32) | 0;
    this.c = 0x9e3779b9 | 0;
    // The first outputs depend on single bits of the seed; the author advises to drop a dozen.
    for (let i = 0; i < 15; i++) this.bits();
  }

  /** The next 32 bits as an unsigned integer. */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
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
      const kept = order[last];
      order[last] = order[other];
      order[other] = kept;
    }
    return order;
  }
}

/**
 * A seed for one purpose, from the run's seed and the numbers of the purpose (a stream, an epoch, a step). It depends on
 * nothing else, so a resumed run has the same seeds as an uninterrupted one.
 *
 * @returns an integer from 1 to 2³¹ − 1. Never 0, which TensorFlow.js treats as a missing seed.
 */
export function deriveSeed(seed: number, ...purpose: number[]): number {
  let hash = 0x811c9dc5;
  for (const part of [seed, ...purpose]) {
    for (const half of [part | 0, Math.floor(part / 2 ** 32) | 0]) {
      hash = Math.imul(hash ^ half, 0x85ebca6b);
      hash ^= hash >>> 13;
      hash = Math.imul(hash, 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
  }
  return ((hash >>> 0) % (2 ** 31 - 1)) + 1;
}

/** The first number of a purpose. */
export const stream = { split: 1, order: 2, dropout: 3, weights: 4 } as const;
