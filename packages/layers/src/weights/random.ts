import { deriveSeed, uniformStream } from '@sluice/core/random';

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
  return Math.floor(Math.random() * 2 ** 32);
}

/** A stream of standard normal numbers (Box & Muller 1958). */
export function normalStream(seed: number): () => number {
  const uniform = uniformStream(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
