import { POINTWISE } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { attachedTo } from './attach.js';

/** `SluicePointwise`. */
export const pointwiseConfigs = (): KernelConfig[] => [
  {
    kernelName: POINTWISE,
    backendName: 'wasm',
    kernelFunc: (call) => attachedTo(call.backend as BackendWasm).pointwise(call),
  },
];
