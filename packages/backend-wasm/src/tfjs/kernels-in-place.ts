import { backendFromKernels, recurrentKernels } from '@sluice/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc } from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';
import type { WasmKernels } from '../engine/wasm-kernels.js';
import { floatsOf } from './tensors.js';

/** The recurrent kernels on TensorFlow.js's memory: inputs are read where they are, results become tensors where they are. */
export function kernelsInPlace(kernels: WasmKernels): ReadonlyMap<string, KernelFunc> {
  const configs = recurrentKernels<BackendWasm, Floats>(backendFromKernels('wasm', kernels), {
    read: floatsOf,
    wrap: (backend, { address }, shape) => backend.makeOutput(shape, 'float32', address),
  });
  return new Map(
    configs.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc as unknown as KernelFunc]),
  );
}
