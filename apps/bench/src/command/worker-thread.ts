import { parentPort, workerData } from 'node:worker_threads';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import type { Request } from '../workers/protocol.js';
import { createAnswerer } from '../workers/serve.js';
import { importBackends } from './import-backends.js';

/** The thread of a worker in Node. */
const port = parentPort;
if (!port) throw new Error('worker-thread.js runs in a worker thread; start it with startWorker()');

const imported = importBackends(workerData as readonly string[] | undefined);
const answer = createAnswerer();
port.on('message', async (request: Request) => {
  await imported;
  // Only threads that need WebGPU start it. Where it does not start, the request fails with the reason.
  if ('backend' in request && request.backend === 'webgpu') await setUpWebGPU().catch(() => {});
  port.postMessage(await answer(request));
});
