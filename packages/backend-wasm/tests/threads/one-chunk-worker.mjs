import { parentPort } from 'node:worker_threads';
import { instantiate } from '../../dist/engine/fixed-kernels.js';
import { doChunk } from '../../dist/engine/threads/jobs.js';
import { WorkQueue } from '../../dist/engine/threads/work-queue.js';

const pause = (/** @type {number} */ milliseconds) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

// Takes one chunk of a job, slowly, and leaves the others to the thread that posted it.
parentPort?.once('message', ({ memory, module, board: address, scratch, worker }) => {
  const board = new WorkQueue(memory, address);
  const tools = { memory, fixed: instantiate(module, memory), scratch, program: () => () => {} };
  while (board.wait()) {
    board.setBusy(worker, true);
    const chunk = board.take();
    pause(100);
    if (chunk >= 0) {
      doChunk(board, chunk, tools);
      board.settle(chunk, true);
    }
    board.setBusy(worker, false);
    pause(600);
  }
});
