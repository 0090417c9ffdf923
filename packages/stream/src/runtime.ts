/**
 * What runs a compiled network, and nothing else: no code generation, no `URL`, no `fetch`, no workers. It is all that an
 * AudioWorklet or an edge function needs.
 */
import { widenFloat16 } from './float16.js';
import { Stream } from './stream.js';
import { type Place, type StreamPlaces, streamsIn } from './wasm-streams.js';

export { type Place, Stream, type StreamPlaces };

/** A network compiled for streams: plain data, which can be saved, and sent to a worker or an AudioWorklet. */
export interface StreamModel {
  /** The version of this format. */
  readonly version: 1;
  /** A WebAssembly module that imports `env.memory` and exports `run(weights, stream)`, or its bytes. */
  readonly module: WebAssembly.Module | Uint8Array;
  /** float32 numbers; or numbers of 16 bits, which become float32 at the start; or bytes, with matrices in 8 bits. */
  readonly weights: Float32Array | Uint16Array | Uint8Array;
  readonly layout: StreamPlaces & { readonly weightLength: number };
}

/**
 * A stream of a compiled network, at once. In the main thread of a page the module must be compiled already
 * (`await WebAssembly.compile(model.module)`), since browsers refuse to compile large modules there synchronously.
 *
 * @throws TypeError when the model is none, or one of another version; WebAssembly.CompileError when its bytes are damaged.
 */
export function createStreamSync(model: StreamModel): Stream {
  checkModel(model);
  const { module, weights, layout } = model;
  const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(copyOf(module));
  const weightBytes = layout.weightLength * 4;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((weightBytes + layout.streamLength * 4) / PAGE),
  });
  new Uint8Array(memory.buffer).set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  if (weights instanceof Uint16Array) widenFloat16(memory.buffer, layout.weightLength);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const run = exports.run as (weights: number, stream: number) => void;
  return new Stream(streamsIn(memory, run, layout, weightBytes));
}

const PAGE = 65_536;

/**
 * The numbers of a frame and of a result, without starting the model.
 * @throws TypeError as `createStreamSync`.
 */
export function sizesOf(model: StreamModel): { readonly inputSize: number; readonly outputSize: number } {
  checkModel(model);
  const { input, output } = model.layout;
  return { inputSize: input.length, outputSize: output.length };
}

/** The model with a compiled module, which takes a moment. Streams of the result start at once. */
export async function compileModule(model: StreamModel): Promise<StreamModel> {
  checkModel(model);
  const { module } = model;
  return module instanceof WebAssembly.Module
    ? model
    : { ...model, module: await WebAssembly.compile(copyOf(module)) };
}

/** WebAssembly takes no bytes of a shared buffer. */
const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

function checkModel(model: StreamModel): void {
  const version: unknown = (model as StreamModel | undefined)?.version;
  if (version !== 1) {
    throw new TypeError(
      `Expected a model of version 1, as compileStream makes it, but was given ${
        version === undefined ? typeof model : `one of version ${String(version)}`
      }.`,
    );
  }
  const { weights, layout, module } = model;
  if (layout === undefined || module === undefined) {
    throw new TypeError('The model has no layout or no module; use what compileStream returns.');
  }
  const bytes = layout.weightLength * (weights instanceof Uint16Array ? 2 : 4);
  if (weights?.byteLength !== bytes) {
    throw new TypeError(`The model's weights must have ${bytes} bytes, but have ${weights?.byteLength}.`);
  }
}
