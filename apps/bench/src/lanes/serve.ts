import { contenders } from '../contenders/catalogue.js';
import type { Prepared } from '../contenders/contender.js';
import { referenceOf } from '../workloads/reference.js';
import { CallTimer } from './call-timer.js';
import type { Replies, Request } from './messages.js';

/** The work of a lane: answers requests, one at a time. Knows nothing of threads. */
export function createServer(): (request: Request) => Promise<Replies[Request['kind']]> {
  let current: { readonly prepared: Prepared; readonly timer: CallTimer } | undefined;
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
        const prepared = await contenders[contender].prepare(task, form, backend);
        current = { prepared, timer: new CallTimer(prepared) };
        return null;
      }
      case 'check':
        return ready().prepared.check();
      case 'turn':
        return ready().timer.turn(request.seconds);
      case 'profile': {
        const { prepared } = ready();
        if (!prepared.profile)
          throw new Error('what is prepared in this lane cannot be profiled; only train can');
        return prepared.profile(request.seconds);
      }
    }
  };
}
