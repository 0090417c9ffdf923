import { pointwiseKernel, recurrentKernels, type TensorAccess } from '@sluice/core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-cpu';
import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { elementwiseKernels } from './elementwise.js';
import { cpuKernels } from './engine/cpu-kernels.js';
import { createCpuBackend } from './engine.js';
import { rowKernels } from './rows.js';

const access: TensorAccess<MathBackendCPU, Float32Array> = {
  read: (backend, { dataId }) => backend.data.get(dataId).values as Float32Array,
  wrap: (backend, buffer, shape) => backend.makeTensorInfo(shape, 'float32', buffer),
};
const ours = [...recurrentKernels(createCpuBackend(), access), pointwiseKernel(cpuKernels, access)];

for (const kernel of [...ours, ...rowKernels(), ...elementwiseKernels()]) {
  const config = { ...kernel, backendName: 'cpu' } as KernelConfig;
  if (getKernel(config.kernelName, 'cpu')) unregisterKernel(config.kernelName, 'cpu');
  registerKernel(config);
}

export { createCpuBackend };
