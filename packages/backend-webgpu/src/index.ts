import '@tensorflow/tfjs-backend-webgpu';
import type { Plan } from '@sluice/core';
import { POINTWISE, RECURRENT, RECURRENT_GRADIENT } from '@sluice/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import {
  backend,
  getBackend,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { warmUp as compile } from './engine/warm-up.js';
import { createWebgpuBackend } from './engine.js';
import { attachedTo } from './tfjs/attach.js';
import { nanConfigs } from './tfjs/nan.js';
import { registerOwnDevice } from './tfjs/own-device.js';
import { castConfig, onFloats } from './tfjs/stored-numbers.js';

registerOwnDevice();

const replace = (config: KernelConfig) => {
  unregisterKernel(config.kernelName, 'webgpu');
  registerKernel(config);
};

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
for (const config of [castConfig(), ...nanConfigs()]) replace(config);
for (const config of getKernelsForBackend('webgpu')) replace(onFloats(config));

/**
 * Compiles what a plan needs on TensorFlow.js's webgpu backend before it is needed, in the background: its forward pass, and its
 * gradient unless `gradient` is false. Otherwise the first batch does that.
 *
 * @throws Error when another backend is current, or naming the kernel that does not compile.
 */
export async function warmUp(
  plan: Plan,
  { gradient = true }: { readonly gradient?: boolean } = {},
): Promise<void> {
  if (getBackend() !== 'webgpu') {
    throw new Error(`warmUp: the current backend is '${getBackend()}'; await tf.setBackend('webgpu') first.`);
  }
  await compile(attachedTo(backend() as WebGPUBackend).gpu, plan, gradient);
}

export { createWebgpuBackend };
