import { KERNELS_WITHOUT_NUMBERS, replaceKernel, type StoredNumbers, withFloatInputs } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** On wasm a cast copies. A tensor that was cast on another backend and moved here is still stored as it was. */
const numbers: StoredNumbers<BackendWasm> = {
  storedAs: (backend, { dataId }) => backend.dataIdMap.get(dataId).dtype,
  toFloats: (backend, tensor) => {
    const dtype = numbers.storedAs(backend, tensor) as 'int32' | 'bool';
    const result = backend.makeOutput(tensor.shape, 'float32');
    // Take views after the last allocation: a memory that grows gets a new buffer.
    backend.typedArrayFromHeap(result).set(backend.typedArrayFromHeap({ ...tensor, dtype }));
    return result;
  },
};

/** Wraps a kernel so that its float32 inputs are stored as float32. */
export function withFloatNumbers(config: KernelConfig): KernelConfig {
  if (KERNELS_WITHOUT_NUMBERS.includes(config.kernelName)) return config;
  return { ...config, kernelFunc: withFloatInputs(config.kernelFunc as never, numbers) as KernelFunc };
}

/**
 * Replaces TensorFlow.js's `Cast` to bool, which keeps the last eight bits of a number: 0.5 and 256 become false, 254
 * stays 254. Here a number other than 0 is true, as on TensorFlow.js's other backends.
 */
export function castConfigs(): KernelConfig[] {
  const toBool =
    (original: KernelFunc): KernelFunc =>
    (call) => {
      const { x } = call.inputs as { x: TensorInfo };
      if (call.attrs?.dtype !== 'bool' || !['float32', 'int32'].includes(x.dtype)) return original(call);
      const backend = call.backend as BackendWasm;
      const result = backend.makeOutput(x.shape, 'bool');
      const values = backend.typedArrayFromHeap(x);
      const bools = backend.typedArrayFromHeap(result);
      for (let i = 0; i < bools.length; i++) bools[i] = values[i] !== 0 ? 1 : 0;
      return result;
    };
  return replaceKernel(getKernel('Cast', 'wasm'), toBool);
}

/**
 * Replaces TensorFlow.js's `Identity`, which keeps every tensor that a gradient needs: on wasm it copies the numbers.
 * Here the copy shares the memory, as on TensorFlow.js's other backends. Tensors never change.
 */
export function identityConfigs(): KernelConfig[] {
  const share =
    (original: KernelFunc): KernelFunc =>
    (call) => {
      const { x } = call.inputs as { x: TensorInfo };
      if (x.dtype === 'string') return original(call);
      (call.backend as BackendWasm).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    };
  return replaceKernel(getKernel('Identity', 'wasm'), share);
}
