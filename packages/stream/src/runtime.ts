/**
 * What runs a compiled network, and nothing else: no code generation, no `URL`, no `fetch`, no workers. It is all that an
 * AudioWorklet or an edge function needs.
 */
import { moduleStreams } from './ahead/module-streams.js';
import { Stream } from './stream.js';
import { type Place, type StreamPlaces, streamsIn } from './wasm-streams.js';

export { type Place, Stream, type StreamPlaces };

/** A network compiled for streams: plain data, which can be saved, and sent to a worker or an AudioWorklet. */
export interface StreamModel {
  /** The version of this format. */
  readonly version: 1;
  /** A WebAssembly module that imports `env.memory` and exports `run(weights, stream)`, or its bytes. */
  readonly module: WebAssembly.Module | Uint8Array;
  readonly weights: Float32Array;
  readonly layout: StreamPlaces & { readonly weightLength: number };
}

/**
 * A stream of a compiled network, at once. In the main thread of a page the module must be compiled already
 * (`await WebAssembly.compile(model.module)`), since browsers refuse to compile large modules there synchronously.
 *
 * @param model made by `compileStream`, or a compiled module that `sluice compile` wrote with its weights inside.
 * @throws TypeError when the model is none, or one of another version; WebAssembly.CompileError when its bytes are damaged.
 */
export function createStreamSync(model: StreamModel | WebAssembly.Module): Stream {
  if (model instanceof WebAssembly.Module) return moduleStreams(Stream, streamsIn).createStream(model);
  checkModel(model);
  const { module, weights, layout } = model;
  const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(copyOf(module));
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((weights.byteLength + layout.streamLength * 4) / PAGE),
  });
  new Float32Array(memory.buffer).set(weights);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const run = exports.run as (weights: number, stream: number) => void;
  return new Stream(streamsIn(memory, run, layout, weights.byteLength));
}

const PAGE = 65_536;

/**
 * The sizes of frames and results of a model, without starting it.
 * @throws TypeError as `createStreamSync`.
 */
export function sizesOf(model: StreamModel | WebAssembly.Module): {
  readonly inputSize: number;
  readonly outputSize: number;
} {
  const isModule = model instanceof WebAssembly.Module;
  if (!isModule) checkModel(model);
  const { layout } = isModule ? moduleStreams(Stream, streamsIn).describe(model) : model;
  return { inputSize: layout.input.length, outputSize: layout.output.length };
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
  const { weights, layout } = model;
  if (!(weights instanceof Float32Array) || weights.length !== layout.weightLength) {
    throw new TypeError(
      `The model's weights must be a Float32Array of ${layout.weightLength} numbers, but have ${weights?.length}.`,
    );
  }
}
