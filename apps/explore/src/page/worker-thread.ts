import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { env } from '@tensorflow/tfjs-core';
import type { Reply, Request } from '../protocol.js';
import { Session } from '../worker/session.js';

// Vite gives the files names of their own.
setWasmPaths({
  'tfjs-backend-wasm.wasm': new URL(plain, import.meta.url).href,
  'tfjs-backend-wasm-simd.wasm': new URL(simd, import.meta.url).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(threaded, import.meta.url).href,
});
// TensorFlow.js makes its threads from scripts that a strict policy forbids. Sluice's own kernels take small batches on one.
env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);

const session = new Session((reply: Reply) => self.postMessage(reply));
self.addEventListener('message', ({ data }: MessageEvent<Request>) => void session.handle(data));
