import { gradientOf } from '../gradient/step-gradient.js';
import type { Plan } from '../plan/plan.js';
import type { LoopOptions } from './build.js';
import { parallelForwardLoop } from './forward-loop.js';
import { parallelGradientLoop } from './gradient-loop.js';
import { makeOnce } from './inference-loop.js';
import type { ParallelLoop } from './loop.js';
import type { Pass } from './loops.js';
import { carryByScans } from './scans.js';

const LOOPS: Readonly<Record<Pass, (plan: Plan, options: LoopOptions) => ParallelLoop | null>> = {
  inference: makeOnce((plan, options) => parallelForwardLoop(plan, options, undefined, carryByScans)),
  training: makeOnce((plan, options) =>
    parallelForwardLoop(plan, options, gradientOf(plan).savedValues, carryByScans),
  ),
  gradient: makeOnce((plan, options) => parallelGradientLoop(plan, options, carryByScans)),
};

/**
 * The loop of a pass that takes all steps at once; the same object every time. It is derived from the same graph as `loopOf`'s.
 *
 * Null unless all that passes from step to step is linear: `new = factor ⊙ old + addend`, number by number, where factor and addend
 * do not depend on `old`. So it is forward with minGRU, minLSTM, RG-LRU, S6, QRNN and an SRU without state vectors. The gradient is
 * linear in the cotangents; it has such a loop also for an IndRNN and every SRU.
 */
export const parallelLoopOf = (plan: Plan, pass: Pass, options: LoopOptions): ParallelLoop | null =>
  LOOPS[pass](plan, options);
