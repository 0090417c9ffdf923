import { uniformStream } from '@sluice/core/random';

let seed = 0;

/**
 * Sets the seed of all later draws; 0 is the default.
 *
 * @throws RangeError when it is no whole number of at least 0, Error when another seed is set already.
 */
export function setSeed(given: number): void {
  if (!Number.isSafeInteger(given) || given < 0) {
    throw new RangeError(`testBackend: seed is ${given}; expected a whole number of at least 0.`);
  }
  if (seed !== 0 && seed !== given) {
    throw new Error(`testBackend: the seed of this process is ${seed} already, so it cannot be ${given}.`);
  }
  seed = given;
}

/** The seed of the draws. */
export const currentSeed = (): number => seed;

/** Random numbers from a text and the suite's seed: the same on every machine, so a failing case can be run again. */
export class Random {
  /** A number in [0, 1). */
  readonly next: () => number;

  constructor(text: string) {
    this.next = uniformStream(hash(seed === 0 ? text : `${seed} ${text}`));
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** `length` float32 numbers in (−limit, limit). */
  numbers(length: number, limit = 1): Float32Array {
    return Float32Array.from({ length }, () => limit * (2 * this.next() - 1));
  }
}

/** FNV-1a (Fowler, Noll & Vo) of a text, in 32 bits. */
export function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return bits;
}
