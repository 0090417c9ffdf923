import { gradientOf } from '../gradient/step-gradient.js';
import type { Plan } from '../plan/plan.js';

/** The numbers that a forward pass saves: first the values, then the states. */
export function savedLength(plan: Plan, batch: number, timesteps: number): number {
  const { widths, stateWidths } = plan;
  const { savedValues } = gradientOf(plan);
  let length = 0;
  for (const id of savedValues) length += widths[id] * timesteps;
  for (const width of stateWidths) length += width * (timesteps + 1);
  return batch * length;
}
