import type { BackendName } from '../backends.js';
import type { ContenderName } from '../contenders/catalogue.js';
import type { CheckResult } from '../contenders/contender.js';
import type { Profile } from '../contenders/kernel-profile.js';
import type { Reference } from '../workloads/reference.js';
import type { CellForm, Task } from '../workloads/workload.js';

/** The requests to a worker. `check`, `turn` and `profile` use the contender that `prepare` has set up. */
export type Request =
  | { readonly kind: 'reference'; readonly task: Task; readonly form: CellForm }
  | {
      readonly kind: 'prepare';
      readonly contender: ContenderName;
      readonly backend: BackendName;
      readonly task: Task;
      readonly form: CellForm;
    }
  | { readonly kind: 'check' }
  | { readonly kind: 'turn' | 'profile'; readonly seconds: number }
  /** `seconds` of each run, see `measureCeiling`. */
  | {
      readonly kind: 'registerLoop' | 'matrixProduct';
      readonly backend: BackendName;
      readonly seconds: number;
    };

/** The replies, by the kind of request. */
export interface Replies {
  reference: Reference;
  prepare: null;
  check: Checked;
  /** The time of each call, in ms. */
  turn: number[];
  profile: Profile;
  /** GFLOP/s */
  registerLoop: number;
  matrixProduct: number;
}

export interface Checked extends CheckResult {
  /** Milliseconds from the request to prepare to the first result: loading the library, compiling, the first call. */
  readonly firstMs: number;
}

/** The message of a thread after a request. */
export type Answer = { readonly reply: Replies[Request['kind']] } | { readonly failure: string };

/** A contender's own thread. It shares nothing with the others and can be stopped in the middle of a call. */
export interface BenchWorker {
  /** One request at a time. Rejects when the request fails and when the worker is stopped. */
  ask<R extends Request>(request: R): Promise<Replies[R['kind']]>;
  stop(): void;
}

/** A thread of Node or of a browser. */
export interface Thread {
  send(request: Request): void;
  /** Ends the thread, also in the middle of a call. */
  end(): void;
}

/** A worker, and the callbacks for its thread's answers and its end. */
export interface WorkerConnection {
  readonly worker: BenchWorker;
  onAnswer(answer: Answer): void;
  /** The thread has ended or cannot be used. The first reason rejects the current request and all later ones. */
  onEnd(reason: string): void;
}

/** Makes a worker of a thread. */
export function connectWorker(thread: Thread): WorkerConnection {
  let settle: ((answer: Answer) => void) | undefined;
  let ended: string | undefined;
  const onEnd = (reason: string) => {
    ended ??= reason;
    settle?.({ failure: ended });
  };
  return {
    onAnswer: (answer) => settle?.(answer),
    onEnd,
    worker: {
      async ask<R extends Request>(request: R) {
        if (ended !== undefined) throw new Error(ended);
        const answer = await new Promise<Answer>((resolve) => {
          settle = resolve;
          thread.send(request);
        });
        if ('failure' in answer) throw new Error(answer.failure);
        return answer.reply as Replies[R['kind']];
      },
      stop() {
        onEnd('it was stopped');
        thread.end();
      },
    },
  };
}

/**
 * Asks a worker and waits for its reply.
 *
 * @param step the name of the request in the error.
 * @throws Error when the reply takes longer than `limitSeconds`; the worker is then stopped.
 */
export async function askWithin<R extends Request>(
  limitSeconds: number,
  worker: BenchWorker,
  step: string,
  request: R,
): Promise<Replies[R['kind']]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${step} did not finish within the limit of ${limitSeconds} s`));
      worker.stop();
    }, limitSeconds * 1000);
  });
  try {
    return await Promise.race([worker.ask(request), limit]);
  } finally {
    clearTimeout(timer);
  }
}
