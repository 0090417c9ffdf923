import { backendFromKernels } from '@sluice/core/backend';
import { recurrentKernels } from '@sluice/tfjs';
import type { KernelFunc } from '@tensorflow/tfjs-core';
import type { WasmKernels } from '../engine/wasm-kernels.js';
import { tensorsInPlace } from './tensors.js';

/** The recurrent kernels on TensorFlow.js's memory. */
export function kernelsInPlace(kernels: WasmKernels): ReadonlyMap<string, KernelFunc> {
  const configs = recurrentKernels(backendFromKernels('wasm', kernels), tensorsInPlace);
  return new Map(
    configs.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc as unknown as KernelFunc]),
  );
}
