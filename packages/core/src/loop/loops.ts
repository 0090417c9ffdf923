import { gradientOf } from '../gradient/step-gradient.js';
import type { Plan } from '../plan/plan.js';
import type { LoopOptions } from './build.js';
import { forwardLoop } from './forward-loop.js';
import { gradientLoop } from './gradient-loop.js';
import { inferenceLoop, makeOnce } from './inference-loop.js';
import type { Loop } from './loop.js';

/** The passes of a plan: forward, forward with the values for the gradient saved, and the gradient. */
export type Pass = 'inference' | 'training' | 'gradient';

const LOOPS: Readonly<Record<Pass, (plan: Plan, options: LoopOptions) => Loop>> = {
  inference: inferenceLoop,
  training: makeOnce((plan, options) => forwardLoop(plan, options, gradientOf(plan).savedValues)),
  gradient: makeOnce(gradientLoop),
};

/** The loop of a pass of a plan; the same object every time. It is derived when it is first asked for. */
export const loopOf = (plan: Plan, pass: Pass, options: LoopOptions): Loop => LOOPS[pass](plan, options);
