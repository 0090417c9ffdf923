import { parentPort } from 'node:worker_threads';
import { WorkQueue } from '../../dist/engine/threads/work-queue.js';

/**
 * Waits for chunks like a real worker, but does `then` with the first that it gets.
 * @param {(board: WorkQueue, chunk: number) => void} then
 */
export function withFirstChunk(then) {
  parentPort?.once('message', ({ memory, board: address, worker }) => {
    const board = new WorkQueue(memory, address);
    while (board.wait()) {
      board.setBusy(worker, true);
      const chunk = board.take();
      if (chunk >= 0) {
        then(board, chunk);
        return;
      }
    }
  });
}
