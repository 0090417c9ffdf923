import { Worker } from 'node:worker_threads';
import type { Lane, Replies, Request } from './messages.js';

type Answer = { reply: Replies[Request['kind']] } | { failure: string };

/**
 * A lane in a worker thread. What a library prints there goes to standard error, never among results.
 *
 * @param module the module that the thread runs.
 */
export function startThread(module = new URL('./worker.js', import.meta.url)): Lane {
  const worker = new Worker(module, { stdout: true });
  // Not a pipe: of those a stream warns from the eleventh on, and every lane would be one.
  worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
  let settle: ((answer: Answer) => void) | undefined;
  let ended: string | undefined;
  const end = (failure: string) => {
    ended ??= failure;
    settle?.({ failure: ended });
  };
  worker.on('message', (answer: Answer) => settle?.(answer));
  worker.on('error', (error: Error) => end(error.message));
  worker.on('exit', (code) => end(`its thread ended with code ${code}`));
  return {
    async ask<R extends Request>(request: R) {
      if (ended !== undefined) throw new Error(ended);
      const answer = await new Promise<Answer>((resolve) => {
        settle = resolve;
        worker.postMessage(request);
      });
      if ('failure' in answer) throw new Error(answer.failure);
      return answer.reply as Replies[R['kind']];
    },
    stop() {
      end('it was stopped');
      void worker.terminate();
    },
  };
}
