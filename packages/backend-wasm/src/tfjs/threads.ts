import { canShareMemory } from '../engine/features.js';
import { threadCount } from '../engine/threads/thread-count.js';

let requested: number | undefined;
let started = false;

/**
 * Sets the number of threads of the recurrent kernels, the calling thread included. Call it before TensorFlow.js's wasm
 * backend starts. Default: the processors of the machine, at most 8; 1 in a page that is not cross-origin isolated.
 *
 * @throws RangeError when `count` is not a whole number from 1 to 64, Error when the backend has started.
 */
export function setThreadsCount(count: number): void {
  threadCount(count, canShareMemory());
  if (started) {
    throw new Error(
      "setThreadsCount: TensorFlow.js's wasm backend runs already; call it before tf.setBackend('wasm') or tf.ready().",
    );
  }
  requested = count;
}

/** The number of threads for a backend that starts now. */
export function threadsToStart(): number {
  started = true;
  return threadCount(requested, canShareMemory());
}

/** Allows `setThreadsCount` again, after the backend is disposed of. */
export function allowThreadsCount(): void {
  started = false;
}
