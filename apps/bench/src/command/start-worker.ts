import { Worker } from 'node:worker_threads';
import { type BenchWorker, connectWorker } from '../workers/protocol.js';

/**
 * Starts a worker in a thread of Node. Libraries' output goes to standard error, so that it is never among the results.
 *
 * @param module the module that the thread runs.
 * @param imports modules of backends, see `importBackends`.
 */
export function startWorker(
  module = new URL('./worker-thread.js', import.meta.url),
  imports: readonly string[] = [],
): BenchWorker {
  const thread = new Worker(module, { stdout: true, workerData: imports });
  // Not a pipe: from the eleventh pipe on, a stream warns of a leak.
  thread.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
  const { worker, onAnswer, onEnd } = connectWorker(thread);
  thread.on('message', onAnswer);
  thread.on('error', (error: Error) => onEnd(error.message));
  thread.on('exit', (code) => onEnd(`its thread ended with code ${code}`));
  return worker;
}
