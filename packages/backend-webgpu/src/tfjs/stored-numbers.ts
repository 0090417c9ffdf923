import { type StoredNumbers, withFloatInputs } from '@sluice/core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { getKernel, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** On webgpu a cast of whole numbers to float32 shares their buffer, in which they stay whole numbers. */
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
