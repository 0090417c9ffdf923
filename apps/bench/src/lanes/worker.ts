import { parentPort } from 'node:worker_threads';
import type { Request } from './messages.js';
import { createServer } from './serve.js';

/** The thread of a lane in Node. */
const port = parentPort;
if (!port) throw new Error('worker.js is the thread of a lane; start it with startThread()');

const serve = createServer();
port.on('message', async (request: Request) => {
  try {
    port.postMessage({ reply: await serve(request) });
  } catch (error) {
    port.postMessage({ failure: error instanceof Error ? error.message : String(error) });
  }
});
