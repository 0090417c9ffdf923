import { KERNELS_WITHOUT_NUMBERS, type StoredNumbers, withFloatInputs } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core';

/** On wasm a cast copies; a tensor that was cast on another backend, and then moved here, is still stored as it was. */
const numbers: StoredNumbers<BackendWasm> = {
  storedAs: (backend, { dataId }) => backend.dataIdMap.get(dataId).dtype,
  toFloats: (backend, tensor) => {
    const dtype = numbers.storedAs(backend, tensor) as 'int32' | 'bool';
    const result = backend.makeOutput(tensor.shape, 'float32');
    // Views are taken when nothing more is allocated: a memory that grows gets a new buffer.
    backend.typedArrayFromHeap(result).set(backend.typedArrayFromHeap({ ...tensor, dtype }));
    return result;
  },
};

/** A kernel of this backend whose float32 inputs are stored as float32. */
export function onFloats(config: KernelConfig): KernelConfig {
  if (KERNELS_WITHOUT_NUMBERS.includes(config.kernelName)) return config;
  return { ...config, kernelFunc: withFloatInputs(config.kernelFunc as never, numbers) as KernelFunc };
}
