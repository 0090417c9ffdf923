import { recurrentKernels } from '@sluice/core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-cpu';
import { type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { createCpuBackend } from './engine.js';
import { segmentSumKernel } from './segment-sum.js';

const kernels = recurrentKernels<MathBackendCPU, Float32Array>(createCpuBackend(), {
  read: (backend, { dataId }) => backend.data.get(dataId).values as Float32Array,
  wrap: (backend, buffer, shape) => backend.makeTensorInfo(shape, 'float32', buffer),
});
for (const kernel of kernels) registerKernel({ ...kernel, backendName: 'cpu' } as KernelConfig);

unregisterKernel(segmentSumKernel.kernelName, segmentSumKernel.backendName);
registerKernel(segmentSumKernel);

export { createCpuBackend };
