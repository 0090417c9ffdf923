/** Samples that wait to be put out, in a ring. It begins with zeros, as many as the latency. */
export class OutputQueue {
  private readonly ring: Float32Array;
  private first = 0;
  private count: number;

  /** @param most the largest number of samples that are written before some are read. */
  constructor(
    private readonly latency: number,
    most: number,
  ) {
    this.ring = new Float32Array(latency + most);
    this.count = latency;
  }

  /** Writes `count` samples from `start` on. */
  write(samples: ArrayLike<number>, start: number, count: number): void {
    const { ring } = this;
    if (this.count + count > ring.length) throw new RangeError('the queue of samples is full');
    for (let i = 0; i < count; i++) ring[(this.first + this.count + i) % ring.length] = samples[start + i];
    this.count += count;
  }

  /** Fills `samples`; what is missing are zeros. */
  read(samples: Float32Array): void {
    const { ring } = this;
    const count = Math.min(samples.length, this.count);
    for (let i = 0; i < count; i++) samples[i] = ring[(this.first + i) % ring.length];
    samples.fill(0, count);
    this.first = (this.first + count) % ring.length;
    this.count -= count;
  }

  reset(): void {
    this.ring.fill(0);
    this.first = 0;
    this.count = this.latency;
  }
}
