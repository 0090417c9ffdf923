import { matrixProductSpeed } from '../ceilings/matrix-product.js';
import { registerLoopSpeed } from '../ceilings/register-loop.js';
import { contenders } from '../contenders/catalogue.js';
import type { Prepared } from '../contenders/contender.js';
import { referenceOf } from '../workloads/reference.js';
import { CallTimer, shortestCallMs } from './call-timer.js';
import { unlessLost } from './device-loss.js';
import type { Answer, Replies, Request } from './messages.js';

interface Current {
  readonly prepared: Prepared;
  readonly timer: CallTimer;
  /** When it was asked for. */
  readonly asked: number;
}

/** The work of a lane: answers requests, one at a time. Knows nothing of threads. */
export function createServer(): (request: Request) => Promise<Replies[Request['kind']]> {
  let current: Current | undefined;
  const ready = () => {
    if (!current) throw new Error('nothing is prepared in this lane; ask it to prepare first');
    return current;
  };
  return async (request) => {
    switch (request.kind) {
      case 'reference':
        return referenceOf(request.task, request.form);
      case 'prepare': {
        const { contender, task, form, backend } = request;
        const asked = performance.now();
        const prepared = await contenders[contender].prepare(task, form, backend);
        current = { prepared, timer: new CallTimer(prepared, shortestCallMs()), asked };
        return null;
      }
      case 'check': {
        const { prepared, asked } = ready();
        let firstMs: number | undefined;
        const result = await prepared.check(() => {
          firstMs ??= performance.now() - asked;
        });
        return { ...result, firstMs: firstMs ?? performance.now() - asked };
      }
      case 'turn':
        return ready().timer.turn(request.seconds);
      case 'profile': {
        const { prepared } = ready();
        if (!prepared.profile)
          throw new Error('what is prepared in this lane cannot be profiled; only train can');
        return prepared.profile(request.seconds);
      }
      case 'registerLoop':
        return registerLoopSpeed(request.backend, request.seconds);
      case 'matrixProduct':
        return matrixProductSpeed(request.backend, request.seconds);
    }
  };
}

/** The same for a thread, whose answers also say what went wrong. */
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
