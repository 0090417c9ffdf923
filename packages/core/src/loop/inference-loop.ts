import type { Plan } from '../plan/plan.js';
import type { LoopOptions } from './build.js';
import { forwardLoop } from './forward-loop.js';
import type { Loop } from './loop.js';

type MakeLoop<Made> = (plan: Plan, options: LoopOptions) => Made;

/** The same function, which makes each loop once. */
export function makeOnce<Made>(make: MakeLoop<Made>): MakeLoop<Made> {
  const known = new WeakMap<Plan, Map<string, Made>>();
  return (plan, options) => {
    const loops = known.get(plan) ?? new Map<string, Made>();
    known.set(plan, loops);
    const key = `${options.masked} ${options.x} ${options.inSteps}`;
    const loop = loops.has(key) ? (loops.get(key) as Made) : make(plan, options);
    loops.set(key, loop);
    return loop;
  };
}

/** The loop of a forward pass that saves nothing; the same object every time. */
export const inferenceLoop: MakeLoop<Loop> = makeOnce((plan, options) => forwardLoop(plan, options));
