import type { DataOwner, KernelArguments, TensorInfo } from './kernels.js';

/**
 * Replaces the function of a registered kernel of TensorFlow.js.
 *
 * @param original what `getKernel` returns; undefined when the backend has no such kernel.
 * @returns the kernel to register instead; empty without an original.
 */
export function replaceKernel<KernelFunc, Config extends { kernelFunc: KernelFunc }>(
  original: Config | undefined,
  replacement: (original: Config['kernelFunc']) => Config['kernelFunc'],
): Config[] {
  return original ? [{ ...original, kernelFunc: replacement(original.kernelFunc) }] : [];
}

/** A kernel of TensorFlow.js with one output. */
type SingleOutput<TfjsBackend> = (call: KernelArguments<TfjsBackend>) => TensorInfo;

/**
 * Wraps a product with a fused activation, such as `_FusedMatMul`, so that the activation runs as a separate kernel.
 *
 * @param kernelFunc the product; its attribute `activation` names the activation.
 * @param findActivation finds the kernel of an activation, with one input `x`; without one the activation stays fused.
 */
export function withSeparateActivation<TfjsBackend extends DataOwner>(
  kernelFunc: SingleOutput<TfjsBackend>,
  findActivation: (name: string) => SingleOutput<TfjsBackend> | undefined,
): SingleOutput<TfjsBackend> {
  return (call) => {
    const attrs = call.attrs as { activation?: string } | undefined;
    const activation = findActivation(attrs?.activation ?? 'linear');
    if (!activation) return kernelFunc(call);
    const { backend } = call;
    const product = kernelFunc({ ...call, attrs: { ...attrs, activation: 'linear' } });
    const result = activation({ inputs: { x: product }, attrs: {}, backend });
    backend.disposeData(product.dataId);
    return result;
  };
}

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
  TfjsBackend extends DataOwner,
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
    const copies = Object.values(converted);
    if (copies.length === 0) return kernelFunc(call);
    try {
      // Kernels of many tensors, such as TensorFlow.js's Concat, take an array.
      const floats = Object.assign(Array.isArray(inputs) ? [] : {}, inputs, converted);
      return kernelFunc({ ...call, inputs: floats });
    } finally {
      for (const { dataId } of copies) backend.disposeData(dataId);
    }
  };
}
