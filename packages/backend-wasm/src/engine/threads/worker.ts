import { instantiate } from '../fixed-kernels.js';
import { programsIn } from '../program/program-code.js';
import { createTools } from '../sequence/loop.js';
import type { WorkerStart } from '../start-worker.js';
import { runChunk } from './jobs.js';
import { WorkQueue } from './work-queue.js';

/** The main function of a worker: takes chunks from the queue until it is told to end. */
function work({ memory, module, queue: address, scratch, worker }: WorkerStart): void {
  const queue = new WorkQueue(memory, address);
  const tools = createTools(memory, instantiate(module, memory), scratch, programsIn(memory));
  while (queue.wait()) {
    queue.setBusy(worker, true);
    for (let chunk = queue.take(); chunk >= 0; chunk = queue.take()) {
      try {
        runChunk(queue, chunk, tools);
        queue.settle(chunk, true);
      } catch {
        // The main thread runs the chunk again, and throws if it fails there too.
        queue.settle(chunk, false);
      }
    }
    queue.setBusy(worker, false);
  }
  // A thread of Node ends by itself; a worker of a browser must be closed.
  if (typeof close === 'function') close();
}

/** The part of Node's `process` that this file uses: workers of Node receive messages by `parentPort`. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): {
    readonly parentPort: { once(event: 'message', receive: (start: WorkerStart) => void): void };
  };
}

const { process } = globalThis as { process?: NodeProcess };
if (process?.getBuiltinModule)
  process.getBuiltinModule('node:worker_threads').parentPort.once('message', work);
else addEventListener('message', ({ data }: MessageEvent<WorkerStart>) => work(data), { once: true });
