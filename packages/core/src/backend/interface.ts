import type { Plan } from '../plan/plan.js';

/** One batch of sequences and the parameters to run over it. `Buffer` is a device's handle for float32 numbers. */
export interface SequenceInputs<Buffer> {
  /** How many sequences; without any, results are empty and gradients of parameters zeros. */
  readonly batch: number;
  /** How many steps each has: at least one. */
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
  /** `[batch, units]` for each state; zeros where absent. */
  readonly initialStates?: readonly (Buffer | undefined)[] | undefined;
  /** `[batch, timesteps]`: 0 marks a padded step, at which every state is carried over unchanged. */
  readonly mask?: Buffer | undefined;
  /**
   * How many steps each sequence has, from its first on; the others are padded. Whole numbers of 0 to `timesteps`, one for
   * each row of the batch, in place of a mask.
   */
  readonly lengths?: ArrayLike<number> | undefined;
  /**
   * The output at a padded step: `repeat` the one before it (Keras) or `zero` (PyTorch, ONNX). Before the first step
   * that is not padded a repeated output is the initial value of the state that the output is, or zeros where it is
   * none (an SRU's). Default `repeat`.
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
  /** What `gradient` needs, in the device's own layout; only with `keep`. */
  readonly saved?: Buffer | undefined;
}

/** Cotangents of a sequence's results; an absent one counts as zero. */
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
 * What a device must be able to do: run any plan over a batch of sequences, forward and backward.
 *
 * Buffers that methods return belong to the caller, who gives them back with `release`. Inputs are never written to.
 * Where a buffer belongs, numbers, buffers of other backends and released ones are refused (`withOwnedBuffers` does that).
 * The conformance suite holds a device to this interface and to the float64 reference.
 */
export interface Backend<Buffer> {
  /** The name under which users choose it: `cpu`, `wasm`, `webgpu`, … */
  readonly name: string;
  /** Copies numbers to the device. */
  upload(values: Float32Array): Buffer;
  /** Copies a buffer back from the device, as it is at the call: it may be released before the promise is kept. */
  download(buffer: Buffer): Promise<Float32Array>;
  /** Frees a buffer. */
  release(buffer: Buffer): void;
  /** How many numbers `saved` holds for a plan and a shape. */
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
