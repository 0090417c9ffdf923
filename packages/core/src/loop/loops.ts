import type { Plan } from '../plan/plan.js';
import type { LoopOptions } from './build.js';
import { forwardLoop } from './forward-loop.js';
import { gradientLoop } from './gradient-loop.js';
import type { Loop } from './loop.js';

/** The passes of a plan: forward, forward with the values for the gradient saved, and the gradient. */
export type Pass = 'inference' | 'training' | 'gradient';

const known = new WeakMap<Plan, Map<string, Loop>>();

/** The loop of a pass of a plan; the same object every time. It is derived when it is first asked for. */
export function loopOf(plan: Plan, pass: Pass, options: LoopOptions): Loop {
  const loops = known.get(plan) ?? new Map<string, Loop>();
  known.set(plan, loops);
  const key = `${pass} ${options.masked} ${options.x}`;
  const found = loops.get(key);
  if (found) return found;
  const loop =
    pass === 'gradient' ? gradientLoop(plan, options) : forwardLoop(plan, options, pass === 'training');
  loops.set(key, loop);
  return loop;
}
