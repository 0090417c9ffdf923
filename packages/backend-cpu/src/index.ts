import { backendFromKernels } from '@sluice/core/backend';
import { pointwiseKernel, recurrentKernels, type TensorAccess } from '@sluice/tfjs';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-cpu';
import {
  getKernel,
  type KernelConfig,
  registerKernel,
  type TypedArray,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { elementwiseKernels } from './elementwise.js';
import { cpuKernels } from './engine/cpu-kernels.js';
import { createCpuBackend } from './engine.js';
import { rowKernels } from './rows.js';

const access: TensorAccess<MathBackendCPU, Float32Array> = {
  // TensorFlow.js's cast of whole numbers to float32 shares their array.
  read: (backend, { dataId }) => {
    const values = backend.data.get(dataId).values as TypedArray;
    return values instanceof Float32Array ? values : Float32Array.from(values);
  },
  wrap: (backend, buffer, shape) => backend.makeTensorInfo(shape, 'float32', buffer),
};
const engine = backendFromKernels('cpu', cpuKernels);
const ours = [...recurrentKernels(engine, access), pointwiseKernel(cpuKernels, access)];

for (const kernel of [...ours, ...rowKernels(), ...elementwiseKernels()]) {
  const config = { ...kernel, backendName: 'cpu' } as KernelConfig;
  if (getKernel(config.kernelName, 'cpu')) unregisterKernel(config.kernelName, 'cpu');
  registerKernel(config);
}

export { createCpuBackend };
