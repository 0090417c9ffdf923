import { moduleStreams } from '../ahead/module-streams.js';
import { widenFloat16 } from '../float16.js';
import { createStreamSync, type StreamModel, sizesOf } from '../runtime.js';
import { Stream } from '../stream.js';
import { streamsIn } from '../wasm-streams.js';

/** What `compileStream` makes, or the compiled module that `sluice compile` wrote, with its weights inside. */
export type AudioModel = StreamModel | WebAssembly.Module;

const modules = () => moduleStreams(Stream, streamsIn, widenFloat16);

/** A stream of a model, at once. @throws TypeError when the model is none, or one of another version. */
export const startModel = (model: AudioModel): Stream =>
  model instanceof WebAssembly.Module ? modules().createStream(model) : createStreamSync(model);

/** The numbers of a frame and of a result, without starting the model. @throws TypeError as `startModel`. */
export function sizesOfModel(model: AudioModel): { readonly inputSize: number; readonly outputSize: number } {
  if (!(model instanceof WebAssembly.Module)) return sizesOf(model);
  const { layout, beside } = modules().describe(model);
  if (beside) {
    throw new TypeError('This module has its weights beside it, but an audio node needs them inside.');
  }
  return { inputSize: layout.input.length, outputSize: layout.output.length };
}
