import { getThreadsCount, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@sluice/backend-wasm';
import { trainClassifier } from './classifier.js';
import { loadedKernels } from './loaded-kernels.js';

async function run() {
  const threads = Number(new URLSearchParams(location.search).get('threads'));
  setWasmPaths('/tfjs/');
  if (threads > 1) {
    // TensorFlow.js uses at most half of the cores that the browser tells of, however few the machine has.
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * threads });
    setThreadsCount(threads);
  } else tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  const outcome = await trainClassifier();
  return { isolated: crossOriginIsolated, threads: getThreadsCount(), loaded: loadedKernels(), outcome };
}

Object.assign(globalThis, { result: run() });
