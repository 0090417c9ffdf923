import type { KernelArguments, TensorInfo } from './kernels.js';

/** How a TensorFlow.js backend stores the numbers of its tensors. */
export interface StoredNumbers<TfjsBackend> {
  /** The type that a tensor's numbers are stored as: `float32`, `int32` or `bool`. */
  storedAs(backend: TfjsBackend, tensor: TensorInfo): string;
  /** A new tensor with the same numbers, stored as float32. */
  toFloats(backend: TfjsBackend, tensor: TensorInfo): TensorInfo;
}

/** TensorFlow.js's kernels that read no numbers: their inputs may be disposed of already. */
export const KERNELS_WITHOUT_NUMBERS: readonly string[] = ['Identity', 'OnesLike', 'Reshape', 'ZerosLike'];

/**
 * A kernel whose float32 inputs are stored as float32. TensorFlow.js's cast of whole numbers to float32 may share their
 * data: its own kernels look at how a tensor is stored, not only at its dtype.
 */
export function withFloatInputs<
  TfjsBackend extends { disposeData(dataId: object): unknown },
  Call extends KernelArguments<TfjsBackend>,
  Result,
>(kernelFunc: (call: Call) => Result, { storedAs, toFloats }: StoredNumbers<TfjsBackend>) {
  return (call: Call): Result => {
    const { inputs, backend } = call;
    const converted: Record<string, TensorInfo> = {};
    for (const name of Object.keys(inputs)) {
      const tensor = inputs[name];
      if (tensor?.dtype === 'float32' && storedAs(backend, tensor) !== 'float32') {
        converted[name] = toFloats(backend, tensor);
      }
    }
    const made = Object.values(converted);
    if (made.length === 0) return kernelFunc(call);
    try {
      // Kernels of many tensors, such as TensorFlow.js's Concat, take an array.
      const floats = Object.assign(Array.isArray(inputs) ? [] : {}, inputs, converted);
      return kernelFunc({ ...call, inputs: floats });
    } finally {
      for (const { dataId } of made) backend.disposeData(dataId);
    }
  };
}
