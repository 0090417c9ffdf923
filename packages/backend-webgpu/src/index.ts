import '@tensorflow/tfjs-backend-webgpu';
import { POINTWISE, RECURRENT, RECURRENT_GRADIENT } from '@sluice/core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type KernelFunc, registerKernel } from '@tensorflow/tfjs-core';
import { createWebgpuBackend } from './engine.js';
import { attachedTo } from './tfjs/attach.js';

for (const kernelName of [RECURRENT, RECURRENT_GRADIENT]) {
  registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: (call) =>
      (attachedTo(call.backend as WebGPUBackend).recurrent.get(kernelName) as KernelFunc)(call),
  });
}
registerKernel({
  kernelName: POINTWISE,
  backendName: 'webgpu',
  kernelFunc: (call) => attachedTo(call.backend as WebGPUBackend).pointwise(call),
});

export { createWebgpuBackend };
