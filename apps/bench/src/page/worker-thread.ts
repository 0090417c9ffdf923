import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { type BackendName, backendNamed } from '../backends.js';
import type { Request } from '../workers/protocol.js';
import { createAnswerer } from '../workers/serve.js';

/** The thread of a worker in a browser. */
const answer = createAnswerer();
addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  if ('backend' in data) await setPaths(data.backend);
  postMessage(await answer(data));
});

/** TensorFlow.js looks for its `.wasm` files beside its script; the bundle has them elsewhere. */
async function setPaths(backend: BackendName): Promise<void> {
  if (backendNamed(backend).tfjsName !== 'wasm') return;
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
}
