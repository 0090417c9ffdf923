import type { Plan } from '@sluice/core';
import { forwardLoop } from './forward-loop.js';
import { gradientLoop } from './gradient-loop.js';
import type { Loop } from './loop.js';

/** The loops of a plan. */
export interface PlanLoops {
  readonly inference: Loop;
  readonly training: Loop;
  readonly gradient: Loop;
}

const known = new WeakMap<Plan, PlanLoops>();

/** The loops of a plan; the same objects every time. */
export function loopsOf(plan: Plan): PlanLoops {
  const found = known.get(plan);
  if (found) return found;
  const loops = {
    inference: forwardLoop(plan, false),
    training: forwardLoop(plan, true),
    gradient: gradientLoop(plan),
  };
  known.set(plan, loops);
  return loops;
}
