import { RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core';
import { attachedTo } from './attach.js';

/** `SluiceRecurrent` and `SluiceRecurrentGradient`. */
export const recurrentConfigs = (): KernelConfig[] =>
  [RECURRENT, RECURRENT_GRADIENT].map((kernelName) => ({
    kernelName,
    backendName: 'wasm',
    kernelFunc: (call) =>
      (attachedTo(call.backend as BackendWasm).recurrent.get(kernelName) as KernelFunc)(call),
  }));
