import type { Plan } from '../plan/plan.js';
import { remember } from '../remember.js';
import type { LoopOptions } from './build.js';
import { forwardLoop } from './forward-loop.js';
import type { Loop } from './loop.js';

type MakeLoop<Made> = (plan: Plan, options: LoopOptions) => Made;

/** The same function, which makes each loop once. */
export function makeOnce<Made>(make: MakeLoop<Made>): MakeLoop<Made> {
  const once = remember<Plan, Made>();
  return (plan, options) =>
    once(plan, `${options.masked} ${options.x} ${options.inSteps} ${options.byRows}`, () =>
      make(plan, options),
    );
}

/** The loop of a forward pass that saves nothing; the same object every time. */
export const inferenceLoop: MakeLoop<Loop> = makeOnce((plan, options) => forwardLoop(plan, options));
