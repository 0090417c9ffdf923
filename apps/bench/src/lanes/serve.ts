import { contenders } from '../contenders/catalogue.js';
import type { Prepared } from '../contenders/contender.js';
import { referenceOf } from '../workloads/reference.js';
import type { Replies, Request } from './messages.js';

/** The work of a lane: answers requests, one at a time. Knows nothing of threads. */
export function createServer(): (request: Request) => Promise<Replies[Request['kind']]> {
  let prepared: Prepared | undefined;
  const ready = (): Prepared => {
    if (!prepared) throw new Error('nothing is prepared in this lane; ask it to prepare first');
    return prepared;
  };
  return async (request) => {
    switch (request.kind) {
      case 'reference':
        return referenceOf(request.task, request.form);
      case 'prepare':
        prepared = await contenders[request.contender].prepare(request.task, request.form, request.backend);
        return null;
      case 'check':
        return ready().check();
      case 'turn':
        return timeCalls(ready(), request.seconds);
    }
  };
}

/** Calls one after another until the seconds are over, at least once. */
async function timeCalls(prepared: Prepared, seconds: number): Promise<number[]> {
  const durations: number[] = [];
  const end = performance.now() + seconds * 1000;
  let now = performance.now();
  do {
    const start = performance.now();
    await prepared.run();
    now = performance.now();
    durations.push(now - start);
  } while (now < end);
  return durations;
}
