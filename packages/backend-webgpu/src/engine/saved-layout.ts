import type { Plan } from '@sluice/core';

/**
 * The layout of `saved`: the training schedule's values, `[batch, timesteps, units]` each, then for every state
 * `[timesteps + 1, batch, units]`: what it was between the steps, in the order of time.
 */
export function savedLayout(plan: Plan, batch: number, timesteps: number) {
  const { units, states, training } = plan;
  const value = batch * timesteps * units;
  const state = batch * (timesteps + 1) * units;
  const places: Record<string, number> = {};
  for (let index = 0; index < training.values; index++) places[`value${index}`] = index * value;
  states.forEach((_, s) => {
    places[`state${s}`] = training.values * value + s * state;
  });
  return { places, length: training.values * value + states.length * state };
}
