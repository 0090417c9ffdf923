/** Repeatable numbers, so that every contender and the reference make the same data for themselves. */
export class RandomNumbers {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** Uniform in [0, 1). The generator is mulberry32 (Tommy Ettinger), 32 bits of state. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Uniform in [−scale, scale), float32. */
  fill(length: number, scale: number): Float32Array {
    return Float32Array.from({ length }, () => (2 * this.next() - 1) * scale);
  }
}
