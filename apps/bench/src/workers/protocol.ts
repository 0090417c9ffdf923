import type { Answer, Replies, Request } from './serve.js';
import { within } from './within.js';

export type { Answer, Checked, Replies, Request } from './serve.js';

/** A contender's own thread. It shares nothing with the others and can be stopped in the middle of a call. */
export interface BenchWorker {
  /** One request at a time. Rejects when the request fails and when the worker is stopped. */
  ask<R extends Request>(request: R): Promise<Replies[R['kind']]>;
  stop(reason?: string): void;
}

/** A thread of Node or of a browser. */
interface Thread {
  postMessage(request: Request): void;
  /** Ends the thread, also in the middle of a call. */
  terminate(): unknown;
}

/**
 * Makes a worker of a thread.
 *
 * @returns also the callbacks for the thread's answers and for its end, whose first reason rejects the current request and all
 *   later ones.
 */
export function connectWorker(thread: Thread) {
  let settle: ((answer: Answer) => void) | undefined;
  let ended: string | undefined;
  const onEnd = (reason: string) => {
    ended ??= reason;
    settle?.({ failure: ended });
  };
  const worker: BenchWorker = {
    async ask<R extends Request>(request: R) {
      if (ended !== undefined) throw new Error(ended);
      const answer = await new Promise<Answer>((resolve) => {
        settle = resolve;
        thread.postMessage(request);
      });
      if ('failure' in answer) throw new Error(answer.failure);
      return answer.reply as Replies[R['kind']];
    },
    stop(reason = 'it was stopped') {
      onEnd(reason);
      thread.terminate();
    },
  };
  return { worker, onAnswer: (answer: Answer) => settle?.(answer), onEnd };
}

/** Work with several workers, which are stopped at its end and at the signal. */
export async function withWorkers<Result>(
  { startWorker, signal }: { startWorker: () => BenchWorker; signal?: AbortSignal },
  work: (start: () => BenchWorker) => Promise<Result>,
): Promise<Result> {
  const workers: BenchWorker[] = [];
  const stopAll = () => {
    for (const worker of workers) worker.stop();
  };
  signal?.addEventListener('abort', stopAll);
  try {
    return await work(() => {
      const worker = startWorker();
      workers.push(worker);
      return worker;
    });
  } finally {
    signal?.removeEventListener('abort', stopAll);
    stopAll();
  }
}

/**
 * Asks a worker and waits for its reply.
 *
 * @param step the name of the request in the error.
 * @throws Error when the reply takes longer than `limitSeconds`; the worker is then stopped.
 */
export function askWithin<R extends Request>(
  limitSeconds: number,
  worker: BenchWorker,
  step: string,
  request: R,
): Promise<Replies[R['kind']]> {
  return within(1000 * limitSeconds, worker.ask(request), () => {
    const reason = `${step} did not finish within the limit of ${limitSeconds} s`;
    worker.stop(reason);
    throw new Error(reason);
  });
}
