import { parentPort } from 'node:worker_threads';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import type { Request } from '../lanes/messages.js';
import { createAnswerer } from '../lanes/serve.js';

/** The thread of a lane in Node. */
const port = parentPort;
if (!port) throw new Error('thread-worker.js is the thread of a lane; start it with startThread()');

const answer = createAnswerer();
port.on('message', async (request: Request) => {
  // A thread that has nothing to do with it does not start WebGPU. Where it does not start, the request fails for want of it.
  if ('backend' in request && request.backend === 'webgpu') await setUpWebGPU().catch(() => {});
  port.postMessage(await answer(request));
});
