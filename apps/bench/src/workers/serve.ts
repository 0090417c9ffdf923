import type { BackendName } from '../backends.js';
import { matrixProductSpeed } from '../ceilings/matrix-product.js';
import { registerLoopSpeed } from '../ceilings/register-loop.js';
import { contenders } from '../contenders/catalogue.js';
import type { CheckResult, Prepared } from '../contenders/contender.js';
import type { ContenderName } from '../run/results.js';
import { referenceOf } from '../workloads/reference.js';
import type { CellForm, Task } from '../workloads/workload.js';
import { CallTimer, shortestCallMs } from './call-timer.js';
import { unlessLost } from './device-loss.js';

export interface Checked extends CheckResult {
  /** Milliseconds from the request to prepare to the first result: loading the library, compiling, the first call. */
  readonly firstMs: number;
}

interface Preparation {
  readonly contender: ContenderName;
  readonly backend: BackendName;
  readonly task: Task;
  readonly form: CellForm;
}

/** `seconds` of each run, see `measureCeiling`. */
interface CeilingRequest {
  readonly backend: BackendName;
  readonly seconds: number;
}

/** The requests by kind. `check`, `turn` and `profile` use the contender that `prepare` has set up. */
function createHandlers() {
  let current: { prepared: Prepared; timer: CallTimer; startMs: number } | undefined;
  const getCurrent = () => {
    if (!current) throw new Error('this worker has prepared no contender; send the request prepare first');
    return current;
  };
  return {
    reference: async ({ task, form }: Pick<Preparation, 'task' | 'form'>) => referenceOf(task, form),
    async prepare({ contender, task, form, backend }: Preparation) {
      const startMs = performance.now();
      const prepared = await contenders[contender].prepare(task, form, backend);
      current = { prepared, timer: new CallTimer(prepared, shortestCallMs()), startMs };
      return null;
    },
    async check(): Promise<Checked> {
      const { prepared, startMs } = getCurrent();
      let firstMs: number | undefined;
      const onFirst = () => {
        firstMs ??= performance.now() - startMs;
        return firstMs;
      };
      const result = await prepared.check(onFirst);
      return { ...result, firstMs: onFirst() };
    },
    /** The time of each call, in ms. */
    turn: async ({ seconds }: { seconds: number }) => getCurrent().timer.turn(seconds),
    async profile({ seconds }: { seconds: number }) {
      const { prepared } = getCurrent();
      if (!prepared.profile) throw new Error('only the workload train can be profiled');
      return prepared.profile(seconds);
    },
    /** GFLOP/s */
    registerLoop: ({ backend, seconds }: CeilingRequest) => registerLoopSpeed(backend, seconds),
    matrixProduct: ({ backend, seconds }: CeilingRequest) => matrixProductSpeed(backend, seconds),
  };
}

type Handlers = ReturnType<typeof createHandlers>;
type Kind = keyof Handlers;

/** A request to a worker. */
export type Request = {
  [K in Kind]: { readonly kind: K } & (Parameters<Handlers[K]> extends [infer P] ? P : unknown);
}[Kind];
/** The replies, by the kind of request. */
export type Replies = { [K in Kind]: Awaited<ReturnType<Handlers[K]>> };

/** The message of a thread after a request. */
export type Answer = { readonly reply: Replies[Kind] } | { readonly failure: string };

/** The work of a worker: serves requests one at a time, in Node and in browsers. */
export function createServer(): (request: Request) => Promise<Replies[Kind]> {
  const handlers = createHandlers();
  return async (request) => handlers[request.kind](request as never);
}

/** The same for a thread, whose answers also carry failures. */
export function createAnswerer(): (request: Request) => Promise<Answer> {
  const serve = createServer();
  return async (request) => {
    try {
      return { reply: await unlessLost(serve(request)) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  };
}
