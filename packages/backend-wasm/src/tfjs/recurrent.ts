import { RECURRENT, RECURRENT_GRADIENT, recurrentKernels } from '@sluice/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core';
import type { Floats } from '../engine/heap.js';
import { attachedTo, floatsOf } from './attach.js';

type KernelsByName = ReadonlyMap<string, KernelFunc>;

const known = new WeakMap<BackendWasm, KernelsByName>();

/** The recurrent kernels on a backend's memory; inputs are read where they are, outputs become tensors where they are. */
function kernelsOn(backend: BackendWasm): KernelsByName {
  const found = known.get(backend);
  if (found) return found;
  const configs = recurrentKernels<BackendWasm, Floats>(attachedTo(backend).engine, {
    read: floatsOf,
    wrap: (owner, { address }, shape) => owner.makeOutput(shape, 'float32', address),
  });
  const kernels = new Map(
    configs.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc as unknown as KernelFunc]),
  );
  known.set(backend, kernels);
  return kernels;
}

/** `SluiceRecurrent` and `SluiceRecurrentGradient`. */
export const recurrentConfigs: readonly KernelConfig[] = [RECURRENT, RECURRENT_GRADIENT].map(
  (kernelName) => ({
    kernelName,
    backendName: 'wasm',
    kernelFunc: (call) => (kernelsOn(call.backend as BackendWasm).get(kernelName) as KernelFunc)(call),
  }),
);
