import { parentPort } from 'node:worker_threads';
import type { Request } from '../lanes/messages.js';
import { createAnswerer } from '../lanes/serve.js';

/** The thread of a lane in Node. */
const port = parentPort;
if (!port) throw new Error('thread-worker.js is the thread of a lane; start it with startThread()');

const answer = createAnswerer();
port.on('message', async (request: Request) => port.postMessage(await answer(request)));
