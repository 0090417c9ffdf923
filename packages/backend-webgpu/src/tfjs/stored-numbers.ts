import { KERNELS_WITHOUT_NUMBERS, type StoredNumbers, withFloatInputs } from '@sluice/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** TensorFlow.js's kernel that converts its input to float32 and keeps whole numbers. */
const CONVERSION = 'Floor';

/** A tensor that was cast to float32, here or on another backend, may share the buffer of whole numbers. */
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
 * Wraps a kernel so that its float32 inputs are stored as float32. Some of TensorFlow.js's kernels do not convert them: for
 * example, the transposition of three dimensions does not compile for whole numbers.
 */
export function withFloatNumbers(config: KernelConfig): KernelConfig {
  if ([...KERNELS_WITHOUT_NUMBERS, CONVERSION].includes(config.kernelName)) return config;
  return { ...config, kernelFunc: withFloatInputs(config.kernelFunc as never, numbers) as KernelFunc };
}

/** Replaces TensorFlow.js's `Cast`, which shares the buffer: converts to float32 once instead of in every kernel. */
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
