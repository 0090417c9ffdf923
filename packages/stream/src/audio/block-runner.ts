import { FrameQueue, type Framing, outputLatency } from './frame-queue.js';
import { type Clock, LoadMeter } from './load-meter.js';
import type { OutputKind, ProcessorMessage } from './messages.js';
import { OutputQueue } from './output-queue.js';

/** The part of a stream that computes frames. */
export interface FrameStream {
  process(frame: Float32Array): Float32Array;
  reset(): void;
}

export interface BlockSettings {
  readonly framing: Framing;
  readonly output: OutputKind;
  readonly sampleRate: number;
  /** The samples of a block. */
  readonly quantum: number;
  readonly clock: Clock;
}

const areFinite = (numbers: Float32Array): boolean => {
  // NaN − NaN and ∞ − ∞ are not 0.
  for (let i = 0; i < numbers.length; i++) if (numbers[i] - numbers[i] !== 0) return false;
  return true;
};

/** What an AudioWorklet does with the blocks of a stream's audio, without one: samples come in, messages and samples go out. */
export class BlockRunner {
  private readonly queue: FrameQueue;
  private readonly waiting: OutputQueue | undefined;
  private readonly meter: LoadMeter;
  private stream: FrameStream | undefined;
  private frames = 0;
  private skipped = 0;
  private failed = false;

  /**
   * @param start makes the stream. If it throws, the error is sent and the audio goes on.
   * @param send takes the messages. A result's values are overwritten by the next one.
   */
  constructor(
    private readonly start: () => FrameStream,
    private readonly settings: BlockSettings,
    private readonly send: (message: ProcessorMessage) => void,
  ) {
    const { framing, output, quantum, clock, sampleRate } = settings;
    this.queue = new FrameQueue(framing);
    this.meter = new LoadMeter(clock, sampleRate);
    if (output === 'audio') {
      this.waiting = new OutputQueue(outputLatency(framing, quantum), framing.hop + quantum);
    }
    this.begin();
  }

  /**
   * One block.
   * @param firstSample the number of its first sample since the audio began.
   */
  process(input: Float32Array, output: Float32Array | undefined, firstSample: number): void {
    const { queue, waiting, meter } = this;
    meter.begin(firstSample);
    for (let at = 0; at < input.length; ) {
      at += queue.take(input, at);
      if (!queue.isComplete) continue;
      this.compute(firstSample + at);
      queue.advance();
    }
    if (output !== undefined) waiting?.read(output);
    if (meter.end(input.length)) this.report();
  }

  /** Starts again as at the beginning, also after an error. */
  reset(): void {
    this.queue.reset();
    this.waiting?.reset();
    this.frames = 0;
    this.skipped = 0;
    this.failed = false;
    if (this.stream === undefined) this.begin();
    else this.stream.reset();
  }

  private begin(): void {
    try {
      this.stream = this.start();
    } catch (error) {
      this.fail(error);
    }
  }

  private compute(end: number): void {
    const frame = this.frames++;
    const values = this.valuesOf(this.queue.frame);
    const { waiting, settings } = this;
    if (waiting === undefined) {
      if (values === undefined) return;
      this.send({ type: 'result', frame, time: end / settings.sampleRate, values });
      return;
    }
    const { size, hop, context } = settings.framing;
    if (values === undefined) waiting.write(this.passed(), Math.min(context, size - hop), hop);
    else waiting.write(values, 0, hop);
  }

  /** The results of a frame; undefined where there are none. */
  private valuesOf(frame: Float32Array): Float32Array | undefined {
    if (this.failed || this.stream === undefined) return undefined;
    if (!areFinite(frame)) {
      this.skipped++;
      return undefined;
    }
    try {
      const values = this.stream.process(frame);
      if (areFinite(values)) return values;
      // The states may be such numbers too, and would stay so.
      this.skipped++;
      this.stream.reset();
    } catch (error) {
      this.fail(error);
    }
    return undefined;
  }

  /** The frame as it came in, without numbers that are not finite. */
  private passed(): Float32Array {
    const { frame } = this.queue;
    return areFinite(frame) ? frame : frame.map((value) => (value - value === 0 ? value : 0));
  }

  private fail(error: unknown): void {
    this.failed = true;
    this.send({ type: 'error', message: error instanceof Error ? error.message : String(error) });
  }

  private report(): void {
    const { frames, skipped, meter, settings } = this;
    const { load, glitches } = meter;
    this.send({ type: 'status', load, clock: settings.clock.name, frames, skipped, glitches });
  }
}
