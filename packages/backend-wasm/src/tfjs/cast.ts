import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { replaceKernel } from './replace-kernel.js';

/**
 * TensorFlow.js's `Cast`, whose wasm backend makes a truth value of a number's last eight bits: 0.5 and 256 become false, 254
 * stays 254. Here it is whether the number is other than 0, as on its other backends.
 */
export function castConfigs(): KernelConfig[] {
  const truth =
    (original: KernelFunc): KernelFunc =>
    (call) => {
      const { x } = call.inputs as { x: TensorInfo };
      if (call.attrs?.dtype !== 'bool' || !['float32', 'int32'].includes(x.dtype)) return original(call);
      const backend = call.backend as BackendWasm;
      const result = backend.makeOutput(x.shape, 'bool');
      const numbers = backend.typedArrayFromHeap(x);
      const truths = backend.typedArrayFromHeap(result);
      for (let i = 0; i < truths.length; i++) truths[i] = numbers[i] !== 0 ? 1 : 0;
      return result;
    };
  return replaceKernel('Cast', truth);
}
