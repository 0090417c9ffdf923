import { parentPort } from 'node:worker_threads';
import { JobBoard } from '../../dist/engine/threads/job-board.js';

/**
 * Waits for chunks like a real worker, but does `then` with the first that it gets.
 * @param {(board: JobBoard, chunk: number) => void} then
 */
export function withFirstChunk(then) {
  parentPort?.once('message', ({ memory, board: address, worker }) => {
    const board = new JobBoard(memory, address);
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
