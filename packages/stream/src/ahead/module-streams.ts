import type { widenFloat16 } from '../float16.js';
import type { FrameMachine, Stream } from '../stream.js';
import type { StreamPlaces, streamsIn } from '../wasm-streams.js';

/** The name of the custom section of a module that `writeStreamModule` wrote. */
export const SECTION = 'sluice';

/** What the custom section says, as JSON. */
export interface ModuleDescription {
  /** The version of the file format. */
  readonly version: number;
  readonly layout: StreamPlaces;
  /** The bytes of the weights at the start of the memory. */
  readonly weightBytes: number;
  /** Whether the weights are a file of their own. */
  readonly beside: boolean;
  /** Whether they are numbers of 16 bits, which become float32 at the start. */
  readonly float16: boolean;
}

/** Bytes, or what a server answered, or the promise of one of them: `fetch('vad.wasm')`. */
export type BytesSource = BufferSource | Response | PromiseLike<BufferSource | Response>;

/** Starts streams of compiled modules. */
export interface ModuleStreams {
  /** What a module says about itself. @throws TypeError as `createStream`. */
  describe(module: WebAssembly.Module): ModuleDescription;
  /**
   * A stream of a compiled module, at once.
   *
   * @param weights their bytes, for a module whose weights are in another file.
   * @throws TypeError when the module is none of `writeStreamModule`, one of another version or another network, or when the
   *   weights are missing or have another length.
   */
  createStream(module: WebAssembly.Module, weights?: BufferSource): Stream;
  /** Compiles a module and starts a stream of it; errors as those of `createStream`, and where a server refused a file. */
  loadStream(source: BytesSource | WebAssembly.Module, weights?: BytesSource): Promise<Stream>;
}

/**
 * What starts the streams of modules. `writeStreamModule` writes the text of this function into files, so it refers to nothing
 * outside of itself: the parts are given.
 *
 * @param expected the sizes of frames and results, if they are known.
 */
export function moduleStreams(
  StreamClass: new (machine: FrameMachine) => Stream,
  start: typeof streamsIn,
  widen: typeof widenFloat16,
  expected?: { readonly name: string; readonly inputSize: number; readonly outputSize: number },
): ModuleStreams {
  const describe = (module: WebAssembly.Module): ModuleDescription => {
    if (!(module instanceof WebAssembly.Module)) {
      throw new TypeError(
        `Expected a compiled WebAssembly.Module, but was given ${module === null ? 'null' : typeof module}. ` +
          'Compile bytes with await WebAssembly.compile(bytes).',
      );
    }
    const [section] = WebAssembly.Module.customSections(module, 'sluice');
    if (section === undefined) {
      throw new TypeError('This WebAssembly module is no stream: it was not written by `sluice compile`.');
    }
    const found: ModuleDescription = JSON.parse(String.fromCharCode(...new Uint8Array(section)));
    if (found.version !== 1) {
      throw new TypeError(
        `This module has version ${found.version}, but this program reads version 1. Compile the model again.`,
      );
    }
    const { input, output } = found.layout;
    if (expected && (input.length !== expected.inputSize || output.length !== expected.outputSize)) {
      throw new TypeError(
        `The network '${expected.name}' takes ${expected.inputSize} numbers and returns ${expected.outputSize}, but this ` +
          `module takes ${input.length} and returns ${output.length}. Use files of the same \`sluice compile\`.`,
      );
    }
    return found;
  };

  const bytesOf = (source: BufferSource): Uint8Array =>
    ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);

  const startIn = (instance: WebAssembly.Instance, found: ModuleDescription, weights?: BufferSource) => {
    const memory = instance.exports.memory as WebAssembly.Memory;
    const run = instance.exports.run as (weights: number, stream: number) => void;
    const given = weights === undefined ? undefined : bytesOf(weights);
    const needed = found.beside ? found.weightBytes / (found.float16 ? 2 : 1) : undefined;
    if (given?.length !== needed) {
      throw new TypeError(
        needed === undefined
          ? 'This module has its weights inside: give it no others.'
          : `This module needs ${needed} bytes of weights, but ${given === undefined ? 'none were' : `${given.length} were`} given.`,
      );
    }
    if (given !== undefined) new Uint8Array(memory.buffer).set(given);
    if (found.float16) widen(memory.buffer, found.weightBytes / 4);
    return new StreamClass(start(memory, run, found.layout, found.weightBytes));
  };

  const load = async (source: BytesSource): Promise<BufferSource> => {
    const loaded = await source;
    if (ArrayBuffer.isView(loaded) || !('arrayBuffer' in loaded)) return loaded;
    if (!loaded.ok) throw new Error(`${loaded.url}: the server answered with status ${loaded.status}.`);
    return loaded.arrayBuffer();
  };

  return {
    describe,
    createStream: (module, weights) => {
      const found = describe(module);
      return startIn(new WebAssembly.Instance(module), found, weights);
    },
    loadStream: async (source, weights) => {
      const isModule = source instanceof WebAssembly.Module;
      const module = isModule ? source : await WebAssembly.compile(await load(source));
      const found = describe(module);
      const given = weights === undefined ? undefined : await load(weights);
      return startIn(await WebAssembly.instantiate(module), found, given);
    },
  };
}
