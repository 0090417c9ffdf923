import { gradientOf } from '../gradient/step-gradient.js';
import type { Plan } from '../plan/plan.js';
import type { LoopBuffer } from './loop.js';

/** A value that the forward pass saves for the gradient. */
export const savedValue = (plan: Plan, index: number): LoopBuffer => ({
  name: `value ${index}`,
  rows: 'steps',
  width: plan.widths[gradientOf(plan).savedValues[index]],
  life: 'saved',
});

/** A state before the first step and after each. */
export const savedState = (plan: Plan, state: number): LoopBuffer => ({
  name: `state ${state}`,
  rows: 'states',
  width: plan.stateWidths[state],
  life: 'saved',
});

/** The numbers that a forward pass saves: first the values, then the states. */
export function savedLength(plan: Plan, batch: number, timesteps: number): number {
  const { widths, stateWidths } = plan;
  const { savedValues } = gradientOf(plan);
  let length = 0;
  for (const id of savedValues) length += widths[id] * timesteps;
  for (const width of stateWidths) length += width * (timesteps + 1);
  return batch * length;
}
