import { instantiate } from '../fixed-kernels.js';
import { programsIn } from '../program/program-code.js';
import type { WorkerStart } from '../start-worker.js';
import type { Tools } from './chunks.js';
import { doChunk } from './jobs.js';
import { WorkQueue } from './work-queue.js';

/** The thread of a worker: takes chunks from the board until it is told to end. */
function work({ memory, module, board: address, scratch, worker }: WorkerStart): void {
  const board = new WorkQueue(memory, address);
  const tools: Tools = { memory, fixed: instantiate(module, memory), scratch, program: programsIn(memory) };
  while (board.wait()) {
    board.setBusy(worker, true);
    for (let chunk = board.take(); chunk >= 0; chunk = board.take()) {
      try {
        doChunk(board, chunk, tools);
        board.settle(chunk, true);
      } catch {
        // The main thread does it, and shows the error if it has one too.
        board.settle(chunk, false);
      }
    }
    board.setBusy(worker, false);
  }
  // A thread of Node ends by itself, a browser's has to be told.
  if (typeof close === 'function') close();
}

/** What this file needs of Node, which has another way to receive messages than browsers. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): {
    readonly parentPort: { once(event: 'message', receive: (start: WorkerStart) => void): void };
  };
}

const { process } = globalThis as { process?: NodeProcess };
if (process?.getBuiltinModule)
  process.getBuiltinModule('node:worker_threads').parentPort.once('message', work);
else addEventListener('message', ({ data }: MessageEvent<WorkerStart>) => work(data), { once: true });
