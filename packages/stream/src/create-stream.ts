import type { CompileOptions } from './compile-stream.js';
import { refuseOptions } from './options.js';
import { compileWith, prepare, type StreamSource, type StreamWeights } from './prepare.js';
import { compileModule, createStreamSync } from './runtime.js';
import { type FrameMachine, Stream } from './stream.js';

export interface StreamOptions extends CompileOptions {
  /** The numbers of the parameters, by name. */
  readonly weights?: StreamWeights;
  /** `wasm` needs WebAssembly with SIMD; `cpu` runs everywhere and is 10 to 20 times slower. Default `wasm`. */
  readonly backend?: 'wasm' | 'cpu';
}

/**
 * A stream of a network: `stream.process(frame)` computes one frame at once and without allocation.
 *
 * @throws TypeError naming all weights that are missing or do not fit, or an unknown backend; RangeError when
 *   `quantize` is unknown; Error where the runtime has no WebAssembly with SIMD.
 */
export async function createStream(source: StreamSource, options: StreamOptions = {}): Promise<Stream> {
  const { weights = {}, backend = 'wasm', quantize, ...others } = options;
  refuseOptions('createStream', Object.keys(others));
  if (backend === 'cpu') return createCpuStream(source, weights, { quantize });
  if (backend !== 'wasm') {
    throw new TypeError(`Streams have the backends 'wasm' and 'cpu', not '${String(backend)}'.`);
  }
  const integers =
    quantize === 'int8' ? (await import('@sluice/backend-wasm/integer-products')).integerProducts : undefined;
  const model = compileWith(source, weights, quantize, integers);
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(model.module as Uint8Array<ArrayBuffer>)) {
    throw new Error("This runtime has no WebAssembly with SIMD; use createStream(…, { backend: 'cpu' }).");
  }
  return createStreamSync(await compileModule(model));
}

/** A stream on typed arrays. Its code is loaded when it is first needed: almost every runtime has WebAssembly. */
async function createCpuStream(
  source: StreamSource,
  weights: StreamWeights,
  { quantize }: CompileOptions,
): Promise<Stream> {
  const { createCpuFrame } = await import('@sluice/backend-cpu/frame');
  const { plan, parameters } = prepare(source, weights, quantize);
  const machine = (): FrameMachine => {
    const { frame, memory, run } = createCpuFrame(
      plan,
      parameters,
      quantize === 'int8' ? quantize : undefined,
    );
    const view = ({ start, length }: { start: number; length: number }) =>
      memory.subarray(start, start + length);
    return {
      ...{ input: view(frame.input), output: view(frame.output), state: view(frame.state) },
      ...{ run, another: machine, dispose: () => {} },
    };
  };
  return new Stream(machine());
}
