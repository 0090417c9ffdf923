import type { Plan } from '../plan/plan.js';
import type { LoopOptions } from './build.js';
import { forwardLoop } from './forward-loop.js';
import type { Loop } from './loop.js';

type MakeLoop = (plan: Plan, options: LoopOptions) => Loop;

/** The same function, which makes each loop once. */
export function makeOnce(make: MakeLoop): MakeLoop {
  const known = new WeakMap<Plan, Map<string, Loop>>();
  return (plan, options) => {
    const loops = known.get(plan) ?? new Map<string, Loop>();
    known.set(plan, loops);
    const key = `${options.masked} ${options.x}`;
    const loop = loops.get(key) ?? make(plan, options);
    loops.set(key, loop);
    return loop;
  };
}

/** The loop of a forward pass that saves nothing; the same object every time. */
export const inferenceLoop: MakeLoop = makeOnce((plan, options) => forwardLoop(plan, options));
