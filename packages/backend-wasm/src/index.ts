import '@tensorflow/tfjs-backend-wasm';
import {
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { createWasmBackend } from './engine.js';
import { start } from './tfjs/attach.js';
import { convolutionConfigs } from './tfjs/convolutions.js';
import { matrixProductConfigs } from './tfjs/matrix-products.js';
import { nanConfigs } from './tfjs/nan.js';
import { poolingConfigs } from './tfjs/pooling.js';
import { rowConfigs } from './tfjs/rows.js';
import { sluiceConfigs } from './tfjs/sluice-kernels.js';
import { castConfigs, identityConfigs, withFloatNumbers } from './tfjs/stored-numbers.js';
import { setThreadsCount } from './tfjs/threads.js';

const register = (config: KernelConfig) => {
  if (getKernel(config.kernelName, 'wasm')) unregisterKernel(config.kernelName, 'wasm');
  registerKernel(config);
};
// In this order: a later group may replace a kernel of an earlier one.
const groups = [
  sluiceConfigs,
  matrixProductConfigs,
  rowConfigs,
  castConfigs,
  convolutionConfigs,
  poolingConfigs,
  nanConfigs,
  identityConfigs,
];
for (const group of groups) for (const config of group()) register(config);
// TensorFlow.js's own kernels too: they take a tensor's dtype for the type of its stored numbers.
for (const config of getKernelsForBackend('wasm')) register(withFloatNumbers(config));

/**
 * Await it only when TensorFlow.js's wasm backend was started before this package was imported: it resolves when the
 * kernels can be used, and rejects with the reason when they cannot. Otherwise `tf.setBackend('wasm')` waits for them.
 */
export const ready: Promise<void> = start();
// Awaiting it and running a kernel show the reason; the import alone must not end a program.
ready.catch(() => {});

export { createWasmBackend, setThreadsCount };
