import { getKernel, type KernelConfig, type KernelFunc } from '@tensorflow/tfjs-core';

/** A replacement for a kernel that TensorFlow.js's wasm backend has; none where it has none of that name. */
export function replaceKernel(
  kernelName: string,
  replacement: (original: KernelFunc) => KernelFunc,
): KernelConfig[] {
  const original = getKernel(kernelName, 'wasm');
  return original ? [{ ...original, kernelFunc: replacement(original.kernelFunc) }] : [];
}

/** A kernel for TensorFlow.js's wasm backend, where that has none of its name. */
export function addKernel(kernelName: string, kernelFunc: KernelFunc): KernelConfig[] {
  return getKernel(kernelName, 'wasm') ? [] : [{ kernelName, backendName: 'wasm', kernelFunc }];
}
