import { parentPort } from 'node:worker_threads';
import { instantiate } from '../../dist/engine/fixed-kernels.js';
import { programsIn } from '../../dist/engine/program/program-code.js';
import { createTools } from '../../dist/engine/sequence/loop.js';
import { runChunk } from '../../dist/engine/threads/jobs.js';
import { WorkQueue } from '../../dist/engine/threads/work-queue.js';

// Runs every chunk twice, as happens when a worker dies between a chunk and its report.
parentPort?.once('message', ({ memory, module, queue: address, scratch, worker }) => {
  const queue = new WorkQueue(memory, address);
  const tools = createTools(memory, instantiate(module, memory), scratch, programsIn(memory));
  while (queue.wait()) {
    queue.setBusy(worker, true);
    for (let chunk = queue.take(); chunk >= 0; chunk = queue.take()) {
      runChunk(queue, chunk, tools);
      runChunk(queue, chunk, tools);
      queue.settle(chunk, true);
    }
    queue.setBusy(worker, false);
  }
});
