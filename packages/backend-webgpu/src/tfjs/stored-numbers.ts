import { type StoredNumbers, withFloatInputs } from '@sluice/core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** On webgpu a tensor that was cast to float32 shares the buffer of whole numbers, in which they stay whole numbers. */
const numbers: StoredNumbers<WebGPUBackend> = {
  storedAs: (backend, { dataId }) => backend.tensorMap.get(dataId).dtype,
  // TensorFlow.js's kernels convert what they load. This one leaves whole numbers as they are.
  toFloats: (backend, x) => {
    const floor = getKernel('Floor', 'webgpu');
    return floor.kernelFunc({ inputs: { x: x as never }, backend, attrs: {} }) as TensorInfo;
  },
};

/** A kernel of this backend whose float32 inputs are stored as float32. */
export const onFloats = (kernelFunc: KernelFunc): KernelFunc =>
  withFloatInputs(kernelFunc as never, numbers) as KernelFunc;

/**
 * TensorFlow.js's `Cast` with float32 numbers for float32 tensors. Not all of its own kernels convert what they load: the
 * transposition of three dimensions, for one, does not compile for whole numbers that should be float32.
 */
export function castConfig(): KernelConfig {
  const original = getKernel('Cast', 'webgpu');
  return {
    ...original,
    kernelFunc: (call) => {
      const result = original.kernelFunc(call) as TensorInfo;
      const backend = call.backend as WebGPUBackend;
      if (result.dtype !== 'float32' || numbers.storedAs(backend, result) === 'float32') return result;
      const floats = numbers.toFloats(backend, result) as TensorInfo;
      backend.disposeData(result.dataId);
      return floats;
    },
  };
}
