/**
 * A seeded generator: the same text gives the same numbers on every machine, so a failing case can be run again.
 *
 * The text is hashed with FNV-1a; the numbers are xorshift32 (Marsaglia 2003, "Xorshift RNGs").
 */
export class Random {
  private state: number;

  constructor(seed: string) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
    // Zero is the one state that xorshift never leaves.
    this.state = hash === 0 ? 1 : hash;
    // Hashes of similar texts differ in few bits; a few rounds spread them.
    for (let i = 0; i < 8; i++) this.next();
  }

  /** A number in [0, 1). */
  next(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) / 2 ** 32;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** `length` float32 numbers in (−limit, limit). */
  numbers(length: number, limit = 1): Float32Array {
    const numbers = new Float32Array(length);
    for (let i = 0; i < length; i++) numbers[i] = limit * (2 * this.next() - 1);
    return numbers;
  }
}
