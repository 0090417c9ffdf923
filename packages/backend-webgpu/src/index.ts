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
import { warmUp as compile, type WarmUpOptions } from './engine/backend.js';
import { createWebgpuBackend } from './engine.js';
import { attach } from './tfjs/attach.js';
import { registerDeviceFactory } from './tfjs/device.js';
import { nanConfigs } from './tfjs/nan.js';
import { castConfig, withFloatNumbers } from './tfjs/stored-numbers.js';

registerDeviceFactory();

const replace = (config: KernelConfig) => {
  unregisterKernel(config.kernelName, 'webgpu');
  registerKernel(config);
};

for (const kernelName of [RECURRENT, RECURRENT_GRADIENT]) {
  registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: (call) =>
      (attach(call.backend as WebGPUBackend).recurrent.get(kernelName) as KernelFunc)(call),
  });
}
registerKernel({
  kernelName: POINTWISE,
  backendName: 'webgpu',
  kernelFunc: (call) => attach(call.backend as WebGPUBackend).pointwise(call),
});
for (const config of [castConfig(), ...nanConfigs()]) replace(config);
for (const config of getKernelsForBackend('webgpu')) replace(withFloatNumbers(config));

/**
 * Compiles the kernels of a plan for TensorFlow.js's webgpu backend in the background: its forward pass and, unless
 * `gradient` is false, its gradient, for batches without a mask or with one. Otherwise the first batch compiles them.
 *
 * @throws Error when another backend is current, or that names the kernel that does not compile.
 */
export async function warmUp(plan: Plan, options: WarmUpOptions = {}): Promise<void> {
  if (getBackend() !== 'webgpu') {
    throw new Error(`warmUp: the current backend is '${getBackend()}'; await tf.setBackend('webgpu') first.`);
  }
  await compile(attach(backend() as WebGPUBackend).gpu, plan, options);
}

export { createWebgpuBackend, type WarmUpOptions };
