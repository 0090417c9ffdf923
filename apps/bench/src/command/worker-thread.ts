import { parentPort } from 'node:worker_threads';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import type { Request } from '../workers/protocol.js';
import { createAnswerer } from '../workers/serve.js';

/** The thread of a worker in Node. */
const port = parentPort;
if (!port) throw new Error('worker-thread.js runs in a worker thread; start it with startWorker()');

const answer = createAnswerer();
port.on('message', async (request: Request) => {
  // Only threads that need WebGPU start it. Where it does not start, the request fails with the reason.
  if ('backend' in request && request.backend === 'webgpu') await setUpWebGPU().catch(() => {});
  port.postMessage(await answer(request));
});
