import { parentPort } from 'node:worker_threads';
import { instantiate } from '../../dist/engine/fixed-kernels.js';
import { createTools } from '../../dist/engine/sequence/loop.js';
import { runChunk } from '../../dist/engine/threads/jobs.js';
import { WorkQueue } from '../../dist/engine/threads/work-queue.js';

const pause = (/** @type {number} */ milliseconds) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

// Takes one chunk of a job, slowly, and leaves the others to the main thread.
parentPort?.once('message', ({ memory, module, queue: address, scratch, worker }) => {
  const queue = new WorkQueue(memory, address);
  const tools = createTools(memory, instantiate(module, memory), scratch, () => () => {});
  while (queue.wait()) {
    queue.setBusy(worker, true);
    const chunk = queue.take();
    pause(100);
    if (chunk >= 0) {
      runChunk(queue, chunk, tools);
      queue.settle(chunk, true);
    }
    queue.setBusy(worker, false);
    pause(600);
  }
});
