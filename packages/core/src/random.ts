/**
 * Seeded random numbers for weights, dropout and tests: the same on every machine and every backend.
 */

const TWO_TO_32 = 2 ** 32;

/** Mixes the bits of a 32-bit number, so that neighbouring seeds give unrelated streams (MurmurHash3's finaliser). */
function mixBits(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The seed of stream number `index` of a seed. Both are whole numbers. */
export function deriveSeed(seed: number, index: number): number {
  return mixBits(mixBits(seed) + Math.imul(index + 1, 0x9e3779b9));
}

/**
 * A stream of numbers in [0, 1), multiples of 2⁻³²: a Weyl sequence with mixed bits (SplitMix, Steele et al. 2014, in 32
 * bits).
 *
 * @param seed a whole number; its lower 32 bits count.
 */
export function uniformStream(seed: number): () => number {
  let state = mixBits(seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mixBits(state) / TWO_TO_32;
  };
}
