import type { Plan } from '../plan/plan.js';
import type { LoopBuffer } from './loop.js';

/** A value that the forward pass saves for the gradient. */
export const savedValue = (plan: Plan, index: number): LoopBuffer => ({
  name: `value ${index}`,
  rows: 'steps',
  width: plan.units,
  life: 'saved',
});

/** A state before the first step and after each. */
export const savedState = (plan: Plan, state: number): LoopBuffer => ({
  name: `state ${state}`,
  rows: 'states',
  width: plan.units,
  life: 'saved',
});

/** The numbers that a forward pass saves: first the values, then the states. */
export function savedLength(plan: Plan, batch: number, timesteps: number): number {
  const { units, savedValues, states } = plan;
  return batch * units * (savedValues.length * timesteps + states.length * (timesteps + 1));
}
