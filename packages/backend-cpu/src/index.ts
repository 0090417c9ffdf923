import { recurrentKernels } from '@sluice/core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-cpu';
import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { elementwiseKernels } from './elementwise.js';
import { createCpuBackend } from './engine.js';
import { rowKernels } from './rows.js';

const recurrent = recurrentKernels<MathBackendCPU, Float32Array>(createCpuBackend(), {
  read: (backend, { dataId }) => backend.data.get(dataId).values as Float32Array,
  wrap: (backend, buffer, shape) => backend.makeTensorInfo(shape, 'float32', buffer),
});

for (const kernel of [...recurrent, ...rowKernels(), ...elementwiseKernels()]) {
  const config = { ...kernel, backendName: 'cpu' } as KernelConfig;
  if (getKernel(config.kernelName, 'cpu')) unregisterKernel(config.kernelName, 'cpu');
  registerKernel(config);
}

export { createCpuBackend };
