import type { Plan } from '@sluice/core';
import type { ArrayPlace, Program } from '@sluice/core/backend';

/**
 * The kernels that a backend of Sluice registers with TensorFlow.js: names, inputs, attributes and outputs, in one place
 * for the packages that register the kernels and those that run them. The types are structural, so none needs TensorFlow.js.
 */

/**
 * `SluiceRecurrent`, the forward pass of a plan. Inputs: `x`, `parameter0…`, `state0…` (every state, unless it starts from
 * zeros), optionally `mask` (float32) and `recurrentMask0…`. Outputs: the sequence, each final state, and an empty tensor
 * that stands for the saved values.
 */
export const RECURRENT = 'SluiceRecurrent';

/**
 * `SluiceRecurrentGradient`, its gradient. Inputs: those of the forward pass, then `sequence`, `saved`, `dSequence`,
 * `dState0…`. Outputs: the gradients of `x`, of each parameter and of each initial state that was given.
 */
export const RECURRENT_GRADIENT = 'SluiceRecurrentGradient';

/** The attributes of both. */
export interface RecurrentAttributes {
  readonly plan: Plan;
  readonly reverse: boolean;
  readonly timeMajor: boolean;
  readonly maskedOutput: 'repeat' | 'zero';
  /** Whether the gradient will be asked for. */
  readonly keep: boolean;
  /** Whether no initial states are given: those that are always zeros cost a call more than they seem to. */
  readonly startsFromZeros: boolean;
}

/**
 * `SluicePointwise`, a pointwise program over whole tensors. Inputs: `load0…`, float32, in the order of the program's loads.
 * Outputs: one new tensor for each of its stores. All loads have the same number of elements, except scalars, which are
 * repeated. The outputs have the shape of the first load that is not a scalar.
 */
export const POINTWISE = 'SluicePointwise';

export interface PointwiseAttributes {
  /** Compiled once as long as it is the same object. Its stores are rows, not sums over rows. */
  readonly program: Program<ArrayPlace>;
}

/**
 * `SluiceOrthonormalRows`, optional: no inputs, no outputs. Makes rows of float64 numbers orthonormal in place, each a
 * combination of itself, with a positive factor, and the rows before it.
 */
export const ORTHONORMAL_ROWS = 'SluiceOrthonormalRows';

/** Its attributes. */
export interface OrthonormalRows {
  /** `count` rows of `length` numbers, one after another. */
  readonly numbers: Float64Array;
  readonly count: number;
  readonly length: number;
}

/** A tensor as kernels see it. */
export interface TensorInfo {
  dataId: object;
  shape: number[];
  dtype: string;
}

/** What TensorFlow.js calls a kernel with. */
export interface KernelArguments<TfjsBackend> {
  inputs: Record<string, TensorInfo | undefined>;
  attrs?: unknown;
  backend: TfjsBackend;
}

/** A TensorFlow.js backend that releases the data of tensors. */
export interface DataOwner {
  disposeData(dataId: object): unknown;
}

/** Moves data between a TensorFlow.js backend and ours; copies nothing where the memory is shared. */
export interface TensorAccess<TfjsBackend, Buffer> {
  /** The data of a tensor. TensorFlow.js still owns it. */
  read(backend: TfjsBackend, tensor: TensorInfo): Buffer;
  /** A new float32 tensor that owns the buffer. When it throws, the buffer stays the caller's. */
  wrap(backend: TfjsBackend, buffer: Buffer, shape: number[]): TensorInfo;
  /** An empty tensor that stands for what the gradient needs; `wrap` where absent. */
  wrapSaved?(backend: TfjsBackend, buffer: Buffer): TensorInfo;
}

/** A buffer and the function that makes a tensor of it. */
export interface UnwrappedTensor<Buffer> {
  readonly buffer: Buffer;
  wrap(buffer: Buffer): TensorInfo;
}

/** Wraps the outputs of a kernel. When one cannot be wrapped, disposes of the tensors and releases the other buffers. */
export function wrapOutputs<Buffer>(
  outputs: readonly UnwrappedTensor<Buffer>[],
  backend: DataOwner,
  release: (buffer: Buffer) => void,
): TensorInfo[] {
  const tensors: TensorInfo[] = [];
  try {
    for (const { buffer, wrap } of outputs) tensors.push(wrap(buffer));
    return tensors;
  } catch (error) {
    for (const { dataId } of tensors) backend.disposeData(dataId);
    for (const { buffer } of outputs.slice(tensors.length)) release(buffer);
    throw error;
  }
}
