import '@tensorflow/tfjs-backend-wasm';
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { createWasmBackend } from './engine.js';
import { identityConfigs } from './tfjs/identity.js';
import { matrixProductConfigs } from './tfjs/matrix-products.js';
import { pointwiseConfig } from './tfjs/pointwise.js';
import { recurrentConfigs } from './tfjs/recurrent.js';
import { rowConfigs } from './tfjs/rows.js';
import { start } from './tfjs/start.js';
import { onFloats } from './tfjs/stored-numbers.js';
import { setThreadsCount } from './tfjs/threads.js';

const configs = [
  ...[...recurrentConfigs, pointwiseConfig, ...matrixProductConfigs(), ...rowConfigs()].map(onFloats),
  ...identityConfigs(),
];
for (const config of configs) {
  if (getKernel(config.kernelName, 'wasm')) unregisterKernel(config.kernelName, 'wasm');
  registerKernel(config);
}

/**
 * Needed only when TensorFlow.js's wasm backend was started before this package was imported: resolves when the kernels
 * can be used, and rejects with the reason when they cannot. Otherwise `tf.setBackend('wasm')` waits for them.
 */
export const ready: Promise<void> = start();
// Whoever awaits it sees the reason, and so does whoever runs a kernel; importing alone must not end a program.
ready.catch(() => {});

export { createWasmBackend, setThreadsCount };
