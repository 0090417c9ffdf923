import { matrixProductSpeed } from '../ceilings/matrix-product.js';
import { registerLoopSpeed } from '../ceilings/register-loop.js';
import { contenders } from '../contenders/catalogue.js';
import type { Prepared } from '../contenders/contender.js';
import { referenceOf } from '../workloads/reference.js';
import { CallTimer, shortestCallMs } from './call-timer.js';
import { unlessLost } from './device-loss.js';
import type { Answer, Replies, Request } from './protocol.js';

/** The work of a worker: serves requests one at a time, in Node and in browsers. */
export function createServer(): (request: Request) => Promise<Replies[Request['kind']]> {
  let current: { prepared: Prepared; timer: CallTimer; startMs: number } | undefined;
  const getCurrent = () => {
    if (!current) throw new Error('this worker has prepared no contender; send the request prepare first');
    return current;
  };
  return async (request) => {
    switch (request.kind) {
      case 'reference':
        return referenceOf(request.task, request.form);
      case 'prepare': {
        const { contender, task, form, backend } = request;
        const startMs = performance.now();
        const prepared = await contenders[contender].prepare(task, form, backend);
        current = { prepared, timer: new CallTimer(prepared, shortestCallMs()), startMs };
        return null;
      }
      case 'check': {
        const { prepared, startMs } = getCurrent();
        let firstMs: number | undefined;
        const result = await prepared.check(() => {
          firstMs ??= performance.now() - startMs;
        });
        return { ...result, firstMs: firstMs ?? performance.now() - startMs };
      }
      case 'turn':
        return getCurrent().timer.turn(request.seconds);
      case 'profile': {
        const { prepared } = getCurrent();
        if (!prepared.profile) throw new Error('only the workload train can be profiled');
        return prepared.profile(request.seconds);
      }
      case 'registerLoop':
        return registerLoopSpeed(request.backend, request.seconds);
      case 'matrixProduct':
        return matrixProductSpeed(request.backend, request.seconds);
    }
  };
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
