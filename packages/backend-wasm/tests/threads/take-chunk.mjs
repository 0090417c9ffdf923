import { parentPort } from 'node:worker_threads';
import { WorkQueue } from '../../dist/engine/threads/work-queue.js';

/**
 * Waits for chunks like a real worker, and calls `then` with its first chunk.
 * @param {(queue: WorkQueue, chunk: number) => void} then
 */
export function withFirstChunk(then) {
  parentPort?.once('message', ({ memory, queue: address, worker }) => {
    const queue = new WorkQueue(memory, address);
    while (queue.wait()) {
      queue.setBusy(worker, true);
      const chunk = queue.take();
      if (chunk >= 0) {
        then(queue, chunk);
        return;
      }
    }
  });
}
