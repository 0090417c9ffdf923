/**
 * Seeded random numbers, drawn on the host. TensorFlow.js draws on the current backend; these make weights and dropout
 * masks the same on every backend.
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

/** The purposes for which a layer draws random numbers; each has its own stream of the layer's seed. */
const STREAMS = {
  kernel: 0,
  recurrent: 1,
  bias: 2,
  recurrentVector: 3,
  dropout: 4,
  otherDirection: 5,
} as const;

/** The seed of one of a layer's streams. */
export function deriveStreamSeed(seed: number, stream: keyof typeof STREAMS): number {
  return deriveSeed(seed, STREAMS[stream]);
}

/** A random seed, for users who give none. */
export function drawSeed(): number {
  return Math.floor(Math.random() * TWO_TO_32);
}

/** A stream of numbers in [0, 1): a Weyl sequence with mixed bits (SplitMix, Steele et al. 2014, in 32 bits). */
export function uniformStream(seed: number): () => number {
  let state = mixBits(seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mixBits(state) / TWO_TO_32;
  };
}

/** A stream of standard normal numbers (Box & Muller 1958). */
export function normalStream(seed: number): () => number {
  const uniform = uniformStream(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
