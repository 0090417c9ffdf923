/** What computes the frames of one stream. Its arrays are views; after `grow` of a memory they are other ones. */
export interface FrameMachine {
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly state: Float32Array;
  /** Computes one frame: from `input` and `state`, `output` and the new `state`. */
  run(): void;
  /** Another machine with the same weights and states of zeros. */
  another(): FrameMachine;
  dispose(): void;
}

/**
 * A network that computes one frame after the other and keeps its states. It allocates nothing for a frame.
 *
 * Many streams can share one set of weights: `another()` costs only their states.
 */
export class Stream {
  private machine: FrameMachine | null;
  private readonly result: Float32Array;

  /** @param machine made by `createStream` or `createStreamSync`. */
  constructor(machine: FrameMachine) {
    this.machine = machine;
    // A view of the machine's memory would be empty after the memory has grown for another stream.
    this.result = new Float32Array(machine.output.length);
  }

  /** The numbers of a frame. */
  get inputSize(): number {
    return this.running.input.length;
  }

  /** The numbers of a result. */
  get outputSize(): number {
    return this.running.output.length;
  }

  /**
   * Computes one frame.
   *
   * @param frame `inputSize` numbers, which are copied.
   * @returns `outputSize` numbers: always the same array, which the next frame overwrites. Copy it to keep it.
   * @throws RangeError when the frame has another length, or a number that is not finite. The states are then as before.
   */
  process(frame: ArrayLike<number>): Float32Array {
    const machine = this.running;
    const { input } = machine;
    const { length } = input;
    if (frame.length !== length) {
      throw new RangeError(`A frame of this stream has ${length} numbers, but was given ${frame.length}.`);
    }
    // For other arrays `set` is ten times as slow as a loop.
    if (frame instanceof Float32Array) input.set(frame);
    else for (let i = 0; i < length; i++) input[i] = frame[i];
    this.checkFinite(input, frame);
    machine.run();
    this.result.set(machine.output);
    return this.result;
  }

  /** Sets all states to zeros, as at the start. */
  reset(): void {
    this.running.state.fill(0);
  }

  /** A copy of all states. `restore` goes back to it. */
  snapshot(): Float32Array {
    return this.running.state.slice();
  }

  /**
   * Sets all states to those of a snapshot, of this stream or of another one of the same network.
   * @throws RangeError when the snapshot has another length.
   */
  restore(snapshot: ArrayLike<number>): void {
    const { state } = this.running;
    if (snapshot.length !== state.length) {
      throw new RangeError(
        `A snapshot of this stream has ${state.length} numbers, but was given ${snapshot.length}.`,
      );
    }
    state.set(snapshot);
  }

  /** Another stream of the same network, with the same weights and states of zeros. */
  another(): Stream {
    return new Stream(this.running.another());
  }

  /** Frees the stream's memory; the weights are freed with the last stream. The stream cannot be used any more. */
  dispose(): void {
    this.machine?.dispose();
    this.machine = null;
  }

  private checkFinite(input: Float32Array, frame: ArrayLike<number>): void {
    const { length } = input;
    // Sums of numbers as float64 are finite when the numbers are finite as float32. Two sums take half the time of one.
    let even = length % 2 === 1 ? input[length - 1] : 0;
    let odd = 0;
    for (let i = 1; i < length; i += 2) {
      even += input[i - 1];
      odd += input[i];
    }
    if (Number.isFinite(even + odd)) return;
    const i = input.findIndex((value) => !Number.isFinite(value));
    throw new RangeError(
      `A frame must have finite float32 numbers, but number ${i} is ${frame[i]}. The stream's states are as before.`,
    );
  }

  private get running(): FrameMachine {
    if (this.machine === null) throw new Error('This stream was disposed of; create another one.');
    return this.machine;
  }
}
