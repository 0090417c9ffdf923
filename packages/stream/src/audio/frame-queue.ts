/** How samples become frames. */
export interface Framing {
  /** The samples of a frame. */
  readonly size: number;
  /** The samples from the start of one frame to that of the next. */
  readonly hop: number;
  /** The samples of a frame that are before its own; those of the first frame are zeros. */
  readonly context: number;
}

/** @throws RangeError when a number does not fit the others. */
export function checkFraming({ size, hop, context }: Framing): void {
  if (!Number.isInteger(context) || context < 0 || context >= size) {
    throw new RangeError(`context must be a whole number from 0 to ${size - 1}, but is ${context}.`);
  }
  if (!Number.isInteger(hop) || hop < 1 || hop > size) {
    throw new RangeError(
      `hop must be a whole number from 1 to ${size}, the samples of a frame, but is ${hop}.`,
    );
  }
}

/**
 * Gathers samples to frames: frame k has `size` samples from k · `hop` − `context` on. It allocates nothing after its start.
 */
export class FrameQueue {
  readonly frame: Float32Array;
  private filled: number;

  constructor(readonly framing: Framing) {
    checkFraming(framing);
    this.frame = new Float32Array(framing.size);
    this.filled = framing.context;
  }

  /** Copies samples from `from` on, until the frame is complete. @returns how many it took. */
  take(samples: Float32Array, from: number): number {
    const count = Math.min(this.framing.size - this.filled, samples.length - from);
    for (let i = 0; i < count; i++) this.frame[this.filled + i] = samples[from + i];
    this.filled += count;
    return count;
  }

  get isComplete(): boolean {
    return this.filled === this.framing.size;
  }

  /** Goes on to the next frame, which begins with what both have. */
  advance(): void {
    this.frame.copyWithin(0, this.framing.hop);
    this.filled = this.framing.size - this.framing.hop;
  }

  reset(): void {
    this.frame.fill(0);
    this.filled = this.framing.context;
  }
}

/**
 * The samples by which audio of frames comes later than their input, if `quantum` samples come and go at a time: a frame is
 * computed when its last sample is there, and there must always be a whole quantum to put out.
 *
 * Frames are complete at D, D + hop, … with D = size − context. With g the greatest common divisor of hop and quantum, the most
 * that is missing when a quantum ends is the largest multiple of g below D.
 */
export function outputLatency({ size, hop, context }: Framing, quantum: number): number {
  let [divisor, rest] = [hop, quantum];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (Math.ceil((size - context) / divisor) - 1) * divisor;
}
