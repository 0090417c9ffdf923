import '@sluice/backend-cpu';
import '@sluice/backend-wasm';
import { gru, selectBackend } from '@sluice/layers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { createWasmBackend } from '../../src/engine.js';

async function run() {
  const warnings: string[] = [];
  console.warn = (...texts: unknown[]) => warnings.push(texts.join(' '));
  setWasmPaths('/tfjs/');
  // TensorFlow.js uses threads only where the browser tells of several cores.
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });
  const engine = await createWasmBackend({ threads: 1 }).then(
    ({ name }) => name,
    (error: Error) => error.message,
  );
  const selected = await selectBackend({ candidates: ['wasm', 'cpu'], timeout: 1500 });
  const output = gru({ units: 2 }).apply(tf.ones([1, 3, 2])) as tf.Tensor;
  return { engine, selected, numbers: (await output.data()).length, current: tf.getBackend(), warnings };
}

Object.assign(globalThis, { result: run() });
