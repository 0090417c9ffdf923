import type { Plan } from '../plan/plan.js';
import type { LoopBuffer } from './loop.js';

/** A value that the forward pass saves for the gradient. */
export const savedValue = (index: number, width: number): LoopBuffer => ({
  name: `value ${index}`,
  rows: 'steps',
  width,
  life: 'saved',
});

/** A state before the first step and after each. */
export const savedState = (plan: Plan, state: number): LoopBuffer => ({
  name: `state ${state}`,
  rows: 'states',
  width: plan.stateWidths[state],
  life: 'saved',
});
