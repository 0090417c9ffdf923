import { parentPort } from 'node:worker_threads';
import { instantiate } from '../../dist/engine/fixed-kernels.js';
import { doChunk } from '../../dist/engine/threads/jobs.js';
import { WorkQueue } from '../../dist/engine/threads/work-queue.js';

// Does every chunk twice, as happens when the worker that has done it is lost before it can say so.
parentPort?.once('message', ({ memory, module, board: address, scratch, worker }) => {
  const board = new WorkQueue(memory, address);
  const program = (/** @type {number} */ at, /** @type {number} */ length) => {
    const bytes = new Uint8Array(memory.buffer, at, length).slice();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return /** @type {any} */ (exports.run);
  };
  const tools = { memory, fixed: instantiate(module, memory), scratch, program };
  while (board.wait()) {
    board.setBusy(worker, true);
    for (let chunk = board.take(); chunk >= 0; chunk = board.take()) {
      doChunk(board, chunk, tools);
      doChunk(board, chunk, tools);
      board.settle(chunk, true);
    }
    board.setBusy(worker, false);
  }
});
