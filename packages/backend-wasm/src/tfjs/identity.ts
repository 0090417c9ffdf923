import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { replaceKernel } from './replace-kernel.js';

/**
 * TensorFlow.js's `Identity`, by which it keeps every tensor that a gradient will need: its wasm backend copies the numbers,
 * here the same memory gets one more owner, as on TensorFlow.js's other backends. Tensors never change.
 */
export function identityConfigs(): KernelConfig[] {
  const shared =
    (original: KernelFunc): KernelFunc =>
    (call) => {
      const { x } = call.inputs as { x: TensorInfo };
      if (x.dtype === 'string') return original(call);
      (call.backend as BackendWasm).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    };
  return replaceKernel('Identity', shared);
}
