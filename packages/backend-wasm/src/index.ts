import '@tensorflow/tfjs-backend-wasm';
import {
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { createWasmBackend } from './engine.js';
import { castConfigs } from './tfjs/cast.js';
import { convolutionConfigs } from './tfjs/convolutions.js';
import { identityConfigs } from './tfjs/identity.js';
import { matrixProductConfigs } from './tfjs/matrix-products.js';
import { nanConfigs } from './tfjs/nan.js';
import { orthonormalConfigs } from './tfjs/orthonormal.js';
import { pointwiseConfigs } from './tfjs/pointwise.js';
import { poolingConfigs } from './tfjs/pooling.js';
import { recurrentConfigs } from './tfjs/recurrent.js';
import { rowConfigs } from './tfjs/rows.js';
import { start } from './tfjs/start.js';
import { onFloats } from './tfjs/stored-numbers.js';
import { setThreadsCount } from './tfjs/threads.js';

const register = (config: KernelConfig) => {
  if (getKernel(config.kernelName, 'wasm')) unregisterKernel(config.kernelName, 'wasm');
  registerKernel(config);
};
// One after the other: a later one may replace what an earlier one has registered.
const groups = [
  recurrentConfigs,
  pointwiseConfigs,
  matrixProductConfigs,
  rowConfigs,
  castConfigs,
  convolutionConfigs,
  poolingConfigs,
  orthonormalConfigs,
  nanConfigs,
  identityConfigs,
];
for (const group of groups) for (const config of group()) register(config);
// All of TensorFlow.js's kernels too: they read a tensor as its dtype says.
for (const config of getKernelsForBackend('wasm')) register(onFloats(config));

/**
 * Needed only when TensorFlow.js's wasm backend was started before this package was imported: resolves when the kernels
 * can be used, and rejects with the reason when they cannot. Otherwise `tf.setBackend('wasm')` waits for them.
 */
export const ready: Promise<void> = start();
// Whoever awaits it sees the reason, and so does whoever runs a kernel; importing alone must not end a program.
ready.catch(() => {});

export { createWasmBackend, setThreadsCount };
