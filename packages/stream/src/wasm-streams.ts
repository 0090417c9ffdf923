import type { FrameMachine } from './stream.js';

/** A part of a memory: the first float32 number and their count. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** The places in the memory of one stream, in float32 numbers. */
export interface StreamPlaces {
  readonly streamLength: number;
  readonly input: Place;
  readonly output: Place;
  readonly state: Place;
}

/**
 * Streams in one memory, which has the weights at its start. `writeStreamModule` writes the text of this function into files,
 * so it refers to nothing outside of itself.
 *
 * @param run computes one frame: its arguments are the addresses of the weights and of the stream.
 * @param weightBytes the bytes of the weights; the streams are behind them.
 * @returns the first stream.
 */
export function streamsIn(
  memory: WebAssembly.Memory,
  run: (weights: number, stream: number) => void,
  places: StreamPlaces,
  weightBytes: number,
): FrameMachine {
  const page = 65_536;
  const bytes = places.streamLength * 4;
  const free: number[] = [];
  let end = weightBytes;

  const reserve = (): number => {
    const address = end;
    end += bytes;
    const missing = Math.ceil((end - memory.buffer.byteLength) / page);
    if (missing > 0) memory.grow(missing);
    return address;
  };

  const create = (): FrameMachine => {
    const address = free.pop() ?? reserve();
    new Uint8Array(memory.buffer, address, bytes).fill(0);
    const view = ({ start, length }: Place) => new Float32Array(memory.buffer, address + start * 4, length);
    const takeViews = () => {
      return { input: view(places.input), output: view(places.output), state: view(places.state) };
    };
    let views = takeViews();
    /** The views, taken anew after the memory has grown, which empties them. */
    const current = () => {
      if (views.input.length === 0) views = takeViews();
      return views;
    };
    return {
      get input() {
        return current().input;
      },
      get output() {
        return current().output;
      },
      get state() {
        return current().state;
      },
      run: () => run(0, address),
      another: create,
      dispose: () => {
        free.push(address);
      },
    };
  };
  return create();
}
