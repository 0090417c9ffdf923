/**
 * The module for `audioContext.audioWorklet.addModule`: the processor of `SluiceNode`. The build makes one file of it that
 * imports nothing, so that it can be served from any place.
 */
import { startModel } from './audio-model.js';
import { BlockRunner } from './block-runner.js';
import { findClock } from './load-meter.js';
import { PROCESSOR, type ProcessorCommand, type ProcessorSettings, QUANTUM } from './messages.js';

export type { ProcessorCommand, ProcessorMessage, ProcessorSettings } from './messages.js';
/** The name of the processor, for `new AudioWorkletNode(audioContext, PROCESSOR, …)`. */
export { PROCESSOR };

/** What an AudioWorklet has and TypeScript's declarations of pages lack. */
interface WorkletScope {
  readonly currentFrame: number;
  readonly sampleRate: number;
  readonly renderQuantumSize?: number;
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort };
  registerProcessor(name: string, processor: unknown): void;
}

const scope = globalThis as unknown as WorkletScope;

/** Elsewhere this module does nothing. */
if (typeof scope.registerProcessor === 'function') scope.registerProcessor(PROCESSOR, defineProcessor());

function defineProcessor() {
  return class extends scope.AudioWorkletProcessor {
    private readonly runner: BlockRunner;
    private silence = new Float32Array(scope.renderQuantumSize ?? QUANTUM);
    private isOpen = true;

    constructor({ processorOptions }: { readonly processorOptions: ProcessorSettings }) {
      super();
      const { model, framing, output } = processorOptions;
      const { port } = this;
      const settings = {
        framing,
        output,
        sampleRate: scope.sampleRate,
        quantum: this.silence.length,
        clock: findClock(),
      };
      this.runner = new BlockRunner(
        () => startModel(model),
        settings,
        (message) => port.postMessage(message),
      );
      port.onmessage = ({ data }: MessageEvent<ProcessorCommand>) => {
        if (data === 'reset') this.runner.reset();
        else this.isOpen = false;
      };
    }

    process([input]: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
      // An input that is not connected, or that has ended, has no channels: that is silence.
      this.runner.process(input[0] ?? this.silence, outputs[0]?.[0], scope.currentFrame);
      return this.isOpen;
    }
  };
}
