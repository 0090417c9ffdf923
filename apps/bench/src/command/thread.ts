import { Worker } from 'node:worker_threads';
import { laneOver } from '../lanes/lane-over.js';
import type { Answer, Lane } from '../lanes/messages.js';

/**
 * A lane in a worker thread. What a library prints there goes to standard error, never among results.
 *
 * @param module the module that the thread runs.
 */
export function startThread(module = new URL('./thread-worker.js', import.meta.url)): Lane {
  const worker = new Worker(module, { stdout: true });
  // Not a pipe: of those a stream warns from the eleventh on, and every lane would be one.
  worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
  const { lane, answered, ended } = laneOver({
    send: (request) => worker.postMessage(request),
    end: () => void worker.terminate(),
  });
  worker.on('message', (answer: Answer) => answered(answer));
  worker.on('error', (error: Error) => ended(error.message));
  worker.on('exit', (code) => ended(`its thread ended with code ${code}`));
  return lane;
}
