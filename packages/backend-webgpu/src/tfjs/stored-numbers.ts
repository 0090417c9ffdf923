import { KERNELS_WITHOUT_NUMBERS, type StoredNumbers, withFloatInputs } from '@sluice/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** TensorFlow.js's kernel that converts what it loads and leaves whole numbers as they are. */
const CONVERSION = 'Floor';

/** A tensor that was cast to float32, here or before it was moved here, may share the buffer of whole numbers. */
const numbers: StoredNumbers<WebGPUBackend> = {
  storedAs: (backend, { dataId }) => backend.tensorMap.get(dataId).dtype,
  toFloats: (backend, x) =>
    getKernel(CONVERSION, 'webgpu').kernelFunc({
      inputs: { x: x as never },
      backend,
      attrs: {},
    }) as TensorInfo,
};

/**
 * A kernel of this backend whose float32 inputs are stored as float32. Not all of TensorFlow.js's own convert what they load: the
 * transposition of three dimensions, for one, does not compile for whole numbers that should be float32.
 */
export function onFloats(config: KernelConfig): KernelConfig {
  if ([...KERNELS_WITHOUT_NUMBERS, CONVERSION].includes(config.kernelName)) return config;
  return { ...config, kernelFunc: withFloatInputs(config.kernelFunc as never, numbers) as KernelFunc };
}

/** TensorFlow.js's `Cast`, which shares the buffer, with float32 numbers for float32 tensors: converted once, not by every user. */
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
