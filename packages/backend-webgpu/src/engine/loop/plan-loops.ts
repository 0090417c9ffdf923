import type { Plan } from '@sluice/core';
import { forwardLoop } from './forward-loop.js';
import { gradientLoop } from './gradient-loop.js';
import type { Loop } from './loop.js';

/** The loops of a plan. */
export interface PlanLoops {
  readonly forward: Loop;
  readonly gradient: Loop;
}

const planLoops = new WeakMap<Plan, PlanLoops>();

/** Derives the loops of a plan; returns the same objects every time. */
export function loopsOf(plan: Plan): PlanLoops {
  const found = planLoops.get(plan);
  if (found) return found;
  const loops = { forward: forwardLoop(plan), gradient: gradientLoop(plan) };
  planLoops.set(plan, loops);
  return loops;
}

const float16Loops = new WeakMap<Loop, Loop>();

/**
 * The same loop with 16-bit weights in a buffer of their own, at the places that they have in `work`; sums keep 32 bits.
 * A loop spends its time reading weights at every step, and these are half the bytes. Returns the same object every time.
 */
export function withFloat16Weights(loop: Loop): Loop {
  const found = float16Loops.get(loop);
  if (found) return found;
  const withFloat16: Loop = {
    ...loop,
    name: `${loop.name}, 16-bit weights`,
    bindings: [...loop.bindings, { name: 'float16Weights', access: 'read', type: 'f16' }],
    weight: (place) => `f32(float16Weights[${place}])`,
  };
  float16Loops.set(loop, withFloat16);
  return withFloat16;
}
