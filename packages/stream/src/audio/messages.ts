import type { AudioModel } from './audio-model.js';
import type { Framing } from './frame-queue.js';

/** The result of one frame. */
export interface FrameResult {
  readonly type: 'result';
  /** The frame's number, from 0 at the start and after `reset`. Frames that were skipped are missing. */
  readonly frame: number;
  /** The time of the audio context, in seconds, at which the frame's last sample ended. */
  readonly time: number;
  readonly values: Float32Array;
}

/** How the audio thread does, twice a second. */
export interface AudioStatus {
  readonly type: 'status';
  /** Per cent of the time of the audio that computation takes, as a mean of up to 4 seconds; NaN without a clock. */
  readonly load: number;
  /** What measures the load: `performance.now`, `Date.now` (right as a mean only), or nothing. */
  readonly clock: 'performance' | 'date' | 'none';
  /** Frames so far, with those that were skipped. */
  readonly frames: number;
  /** Frames with numbers, or with results, that are not finite. They were not computed, or their results were dropped. */
  readonly skipped: number;
  /** Quanta that took longer than they last, or that the browser left out. */
  readonly glitches: number;
}

/** The first error; from then on no frame is computed, until `reset`. */
export interface AudioFailure {
  readonly type: 'error';
  readonly message: string;
}

/** What the processor sends. */
export type ProcessorMessage = FrameResult | AudioStatus | AudioFailure;

/** What the processor receives. */
export type ProcessorCommand = 'reset' | 'close';

/** What the results are: messages, or the node's output. */
export type OutputKind = 'results' | 'audio';

/** What the processor needs, in `processorOptions`. */
export interface ProcessorSettings {
  readonly model: AudioModel;
  readonly framing: Framing;
  readonly output: OutputKind;
}

/** The name under which the processor is registered. */
export const PROCESSOR = 'sluice-stream';
/** The samples that come and go at a time, where a context does not tell. */
export const QUANTUM = 128;
