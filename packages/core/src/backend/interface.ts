import type { Plan } from '../plan/plan.js';

/** One batch of sequences and the parameters. `Buffer` is a device's handle for float32 numbers. */
export interface SequenceInputs<Buffer> {
  /** The number of sequences. With 0, results are empty and gradients of parameters are zeros. */
  readonly batch: number;
  /** The number of steps, at least 1. */
  readonly timesteps: number;
  /** `[batch, timesteps, inputSize]`. */
  readonly x: Buffer;
  /**
   * Whether x, the sequence and their cotangents are `[timesteps, batch, …]`; the same for a forward pass and its gradient.
   * A mask is `[batch, timesteps]` in any case. Default false.
   */
  readonly timeMajor?: boolean | undefined;
  /** In the plan's order, with the plan's shapes. */
  readonly parameters: readonly Buffer[];
  /** `[batch, units]` for each state; an absent one is zeros. */
  readonly initialStates?: readonly (Buffer | undefined)[] | undefined;
  /** `[batch, timesteps]`: 0 marks a padded step, which leaves every state unchanged. */
  readonly mask?: Buffer | undefined;
  /**
   * The number of steps of each sequence; the steps after them are padded. Whole numbers of 0 to `timesteps`, one for each
   * row of the batch, instead of a mask.
   */
  readonly lengths?: ArrayLike<number> | undefined;
  /**
   * The output at a padded step: `repeat` the previous output (Keras) or `zero` (PyTorch, ONNX). Before the first step that
   * is not padded, a repeated output is the initial value of the output's state, or zeros if the output is no state (SRU).
   * Default `repeat`.
   */
  readonly maskedOutput?: 'repeat' | 'zero' | undefined;
  /** Time runs from the last step to the first; every output stays at the position of its input. Default false. */
  readonly reverse?: boolean | undefined;
  /** `[batch, units]` for each of the plan's recurrent masks. */
  readonly recurrentMasks?: readonly Buffer[] | undefined;
}

export interface SequenceResult<Buffer> {
  /** The outputs, `[batch, timesteps, units]`. */
  readonly sequence: Buffer;
  /** Each state after the last step, `[batch, units]`. */
  readonly states: readonly Buffer[];
  /** The saved values for `gradient`, in the device's own layout; only with `keep`. */
  readonly saved?: Buffer | undefined;
}

/** Cotangents of a sequence's results; an absent one is zeros. */
export interface SequenceCotangents<Buffer> {
  /** `[batch, timesteps, units]`. */
  readonly sequence?: Buffer | undefined;
  /** `[batch, units]` for each state. */
  readonly states?: readonly (Buffer | undefined)[] | undefined;
}

export interface SequenceGradient<Buffer> {
  /** `[batch, timesteps, inputSize]`. */
  readonly x: Buffer;
  /** In the plan's order, with the plan's shapes. */
  readonly parameters: readonly Buffer[];
  /** `[batch, units]` for each state. */
  readonly initialStates: readonly Buffer[];
}

/**
 * The part of a device's interface that runs plans forward, for pages that do not train.
 *
 * The caller owns the buffers that methods return and releases them with `release`. Methods never write to inputs. They refuse
 * plain numbers, buffers of other backends and released buffers (`withOwnedBuffers` does that).
 */
export interface InferenceBackend<Buffer> {
  /** The name for users: `cpu`, `wasm`, `webgpu`, … */
  readonly name: string;
  /** Copies numbers to the device. */
  upload(values: Float32Array): Buffer;
  /** Copies a buffer from the device, with its content at the call. It may be released before the promise resolves. */
  download(buffer: Buffer): Promise<Float32Array>;
  /** Frees a buffer. */
  release(buffer: Buffer): void;
  /** Runs a plan forward. */
  forward(plan: Plan, inputs: SequenceInputs<Buffer>): SequenceResult<Buffer>;
}

/**
 * The interface of a device: it runs any plan over a batch of sequences, forward and backward. The conformance suite tests a
 * device against this interface and the float64 reference.
 */
export interface Backend<Buffer> extends InferenceBackend<Buffer> {
  /** The length of `saved` for a plan and a shape. */
  savedLength(plan: Plan, batch: number, timesteps: number): number;
  /** Runs a plan forward; `keep` also returns what `gradient` needs. */
  forward(plan: Plan, inputs: SequenceInputs<Buffer>, keep?: boolean): SequenceResult<Buffer>;
  /** The gradient of a scalar with the given cotangents, with the inputs and the result of `forward(…, true)`. */
  gradient(
    plan: Plan,
    inputs: SequenceInputs<Buffer>,
    result: SequenceResult<Buffer>,
    cotangents: SequenceCotangents<Buffer>,
  ): SequenceGradient<Buffer>;
}
