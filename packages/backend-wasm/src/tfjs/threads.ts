import { threadCount } from '../engine/threads/thread-count.js';

let wanted: number | undefined;
let started = false;

/**
 * Sets on how many threads the recurrent kernels run, the calling one among them: like TensorFlow.js's function of the same
 * name, before its wasm backend starts. Unless set: as many as the machine runs at once, at most 8; in a page that is not
 * cross-origin isolated 1.
 *
 * @throws RangeError when it is no whole number from 1 to 64, Error when the backend has started.
 */
export function setThreadsCount(count: number): void {
  threadCount(count);
  if (started) {
    throw new Error(
      "setThreadsCount: TensorFlow.js's wasm backend runs already; call it before tf.setBackend('wasm') or tf.ready().",
    );
  }
  wanted = count;
}

/** How many threads a backend that now starts gets. */
export function threadsToStart(): number {
  started = true;
  return threadCount(wanted);
}

/** The backend has ended; another may start with another number. */
export function ended(): void {
  started = false;
}
