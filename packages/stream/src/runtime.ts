/**
 * What runs a compiled network, and nothing else: no code generation, no `URL`, no `fetch`, no workers. It is all that an
 * AudioWorklet or an edge function needs.
 */
import { type FrameMachine, Stream } from './stream.js';

export { Stream };

/** A part of a memory: the first float32 number and their count. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** A network compiled for streams: plain data, which can be saved, and sent to a worker or an AudioWorklet. */
export interface StreamModel {
  /** The version of this format. */
  readonly version: 1;
  /** A WebAssembly module that imports `env.memory` and exports `run(weights, stream)`, or its bytes. */
  readonly module: WebAssembly.Module | Uint8Array;
  readonly weights: Float32Array;
  /** The places in the memory of one stream, in float32 numbers. */
  readonly layout: {
    readonly weightLength: number;
    readonly streamLength: number;
    readonly input: Place;
    readonly output: Place;
    readonly state: Place;
  };
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
  return new Stream(new SharedWeights(compiled, weights, layout).machine());
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

const PAGE = 65_536;

/** A memory with the weights of a network at its start and the streams behind them. */
class SharedWeights {
  readonly memory: WebAssembly.Memory;
  readonly run: (weights: number, stream: number) => void;
  private readonly free: number[] = [];
  private end: number;

  constructor(
    module: WebAssembly.Module,
    weights: Float32Array,
    readonly layout: StreamModel['layout'],
  ) {
    this.end = weights.length * 4;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil((this.end + layout.streamLength * 4) / PAGE) });
    new Float32Array(this.memory.buffer).set(weights);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.run = exports.run as SharedWeights['run'];
  }

  machine(): FrameMachine {
    const bytes = this.layout.streamLength * 4;
    let address = this.free.pop();
    if (address === undefined) {
      address = this.end;
      const missing = Math.ceil((address + bytes - this.memory.buffer.byteLength) / PAGE);
      if (missing > 0) this.memory.grow(missing);
      this.end += bytes;
    }
    new Uint8Array(this.memory.buffer, address, bytes).fill(0);
    return new WasmMachine(this, address);
  }

  release(address: number): void {
    this.free.push(address);
  }
}

class WasmMachine implements FrameMachine {
  private views: {
    readonly input: Float32Array;
    readonly output: Float32Array;
    readonly state: Float32Array;
  };

  constructor(
    private readonly shared: SharedWeights,
    private readonly address: number,
  ) {
    this.views = this.takeViews();
  }

  get input(): Float32Array {
    return this.current.input;
  }

  get output(): Float32Array {
    return this.current.output;
  }

  get state(): Float32Array {
    return this.current.state;
  }

  run(): void {
    this.shared.run(0, this.address);
  }

  another(): FrameMachine {
    return this.shared.machine();
  }

  dispose(): void {
    this.shared.release(this.address);
  }

  /** The views, taken anew after the memory has grown. */
  private get current() {
    if (this.views.input.buffer !== this.shared.memory.buffer) this.views = this.takeViews();
    return this.views;
  }

  private takeViews() {
    const { memory, layout } = this.shared;
    const view = ({ start, length }: Place) =>
      new Float32Array(memory.buffer, this.address + start * 4, length);
    return { input: view(layout.input), output: view(layout.output), state: view(layout.state) };
  }
}
