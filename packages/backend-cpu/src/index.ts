import '@tensorflow/tfjs-backend-cpu';
import { backendFromKernels } from '@sluice/core/backend';
import { pointwiseKernel, recurrentKernels, type TensorAccess } from '@sluice/tfjs';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  getKernel,
  type KernelConfig,
  registerKernel,
  type TypedArray,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { cpuKernels } from './engine/cpu-kernels.js';
import { createCpuBackend } from './engine.js';
import { elementwiseKernels } from './tfjs/elementwise.js';
import { rowKernels } from './tfjs/rows.js';

const access: TensorAccess<MathBackendCPU, Float32Array> = {
  // After a cast of whole numbers to float32, TensorFlow.js still stores the array of whole numbers.
  read: (backend, { dataId }) => {
    const values = backend.data.get(dataId).values as TypedArray;
    return values instanceof Float32Array ? values : Float32Array.from(values);
  },
  wrap: (backend, buffer, shape) => backend.makeTensorInfo(shape, 'float32', buffer),
};
const engine = backendFromKernels('cpu', cpuKernels);
const sluiceKernels = [...recurrentKernels(engine, access), pointwiseKernel(cpuKernels, access)];

for (const kernel of [...sluiceKernels, ...rowKernels(), ...elementwiseKernels()]) {
  const config = { ...kernel, backendName: 'cpu' } as KernelConfig;
  if (getKernel(config.kernelName, 'cpu')) unregisterKernel(config.kernelName, 'cpu');
  registerKernel(config);
}

export { createCpuBackend };
