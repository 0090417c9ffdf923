import { type AudioModel, sizesOfModel } from './audio-model.js';
import { checkFraming, type Framing, outputLatency } from './frame-queue.js';
import {
  type AudioFailure,
  type AudioStatus,
  type FrameResult,
  type OutputKind,
  PROCESSOR,
  type ProcessorCommand,
  type ProcessorMessage,
  QUANTUM,
} from './messages.js';

export type { AudioModel, AudioStatus, FrameResult, OutputKind };

export interface SluiceNodeOptions {
  /** The samples per second that the network was trained for. The audio context must have the same. */
  readonly sampleRate: number;
  /** The samples of a frame that come before its own, as networks with a look back need them. Default 0. */
  readonly context?: number;
  /** The samples from the start of one frame to that of the next; fewer than a frame has make them overlap. Default: no overlap. */
  readonly hop?: number;
  /** `results` (the default) sends each frame's result to `onresult`; `audio` plays it, if it has `hop` numbers. */
  readonly output?: OutputKind;
  /** Where `@sluice/stream/processor` is served. Default: beside this module, where most bundlers put it. */
  readonly processor?: string | URL;
}

/** Where there is no audio, such as in Node, this module can be imported but a node cannot be made. */
const Base: typeof AudioWorkletNode =
  typeof AudioWorkletNode === 'function'
    ? AudioWorkletNode
    : (class {} as unknown as typeof AudioWorkletNode);

/**
 * A node of an audio graph that computes a network in the audio thread. It takes the mean of the input's channels, and gathers
 * samples to frames: frame k has samples from k · `hop` − `context` on, where those before the start are zeros.
 *
 * A frame with numbers that are not finite is skipped. After an error no frame is computed, until `reset`. The audio goes on: for
 * such frames the output of `output: 'audio'` is the input.
 */
export class SluiceNode extends Base {
  /** Called with the result of each frame. */
  onresult: ((result: FrameResult) => void) | null = null;
  /** Called twice in a second of audio: load, frames that were skipped, glitches. */
  onstatus: ((status: AudioStatus) => void) | null = null;
  /** Called once, with the first error of the audio thread. Default: the console. */
  onerror: ((error: Error) => void) | null = null;
  /**
   * The seconds by which the output of `output: 'audio'` comes after the input, because frames are gathered first. What the
   * network itself delays comes in addition.
   */
  readonly latency: number;

  private constructor(
    audioContext: BaseAudioContext,
    model: AudioModel,
    framing: Framing,
    output: OutputKind,
  ) {
    super(audioContext, PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { model, framing, output },
    });
    const { renderQuantumSize = QUANTUM } = audioContext as { readonly renderQuantumSize?: number };
    this.latency =
      output === 'audio' ? outputLatency(framing, renderQuantumSize) / audioContext.sampleRate : 0;
    this.port.onmessage = ({ data }: MessageEvent<ProcessorMessage>) => this.receive(data);
    this.onprocessorerror = () => this.fail('the processor was not made or has stopped');
  }

  /**
   * Loads the processor and makes a node.
   *
   * @param model made by `compileStream`, or a compiled module of `sluice compile`. The bytes of a model are compiled in the
   *   audio thread, which takes milliseconds; `await compileModule(model)` compiles them before.
   * @throws RangeError when the audio context has another sample rate, or frames do not fit the network; TypeError when the model
   *   is none; Error when the processor does not load.
   */
  static async create(
    audioContext: BaseAudioContext,
    model: AudioModel,
    options: SluiceNodeOptions,
  ): Promise<SluiceNode> {
    const { sampleRate, context = 0, output = 'results' } = options;
    checkSampleRate(sampleRate, audioContext.sampleRate);
    const { inputSize: size, outputSize } = sizesOfModel(model);
    const framing = { size, context, hop: options.hop ?? size - context };
    checkFraming(framing);
    if (output !== 'results' && output !== 'audio') {
      throw new TypeError(`output must be 'results' or 'audio', but is '${String(output)}'.`);
    }
    if (output === 'audio' && outputSize !== framing.hop) {
      throw new RangeError(
        `A network whose output is audio returns as many samples as the hop, ${framing.hop}, but this one returns ${outputSize}.`,
      );
    }
    // Bundlers find the file in an expression of this form.
    const url = options.processor ?? new URL('../../dist/audio/processor.js', import.meta.url);
    await loadProcessor(audioContext, url);
    return new SluiceNode(audioContext, model, framing, output);
  }

  /** Starts the network and its frames again, as at the beginning. */
  reset(): void {
    this.command('reset');
  }

  /** Ends the processor and frees its memory. The node gives silence then. */
  close(): void {
    this.command('close');
    this.disconnect();
  }

  private command(command: ProcessorCommand): void {
    this.port.postMessage(command);
  }

  private receive(message: ProcessorMessage): void {
    if (message.type === 'result') this.onresult?.(message);
    else if (message.type === 'status') this.onstatus?.(message);
    else this.fail((message as AudioFailure).message);
  }

  private fail(message: string): void {
    const error = new Error(`The network stopped in the audio thread: ${message}`);
    if (this.onerror) this.onerror(error);
    else console.error(error);
  }
}

function checkSampleRate(needed: number, actual: number): void {
  if (!(needed > 0)) {
    throw new RangeError(
      `sampleRate must be the network's samples per second, such as 16000, but is ${needed}.`,
    );
  }
  if (needed === actual) return;
  throw new RangeError(
    `The network needs ${needed} samples per second, but this audio context has ${actual}. Make one with new AudioContext({ ` +
      `sampleRate: ${needed} }): the browser then converts what comes in and goes out.`,
  );
}

async function loadProcessor({ audioWorklet }: BaseAudioContext, url: string | URL): Promise<void> {
  if (audioWorklet === undefined) {
    throw new Error(
      'This page has no AudioWorklet: browsers have it in pages from https or localhost alone.',
    );
  }
  try {
    await audioWorklet.addModule(url);
  } catch (cause) {
    throw new Error(
      `The audio processor did not load from ${url}. Serve the file of @sluice/stream/processor, and give its address as ` +
        'options.processor.',
      { cause },
    );
  }
}
