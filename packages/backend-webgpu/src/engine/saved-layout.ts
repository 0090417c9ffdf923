import type { Plan } from '@sluice/core';

/**
 * The layout of `saved`: the training schedule's values, each laid out as the sequence, then for every state
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

/** Without keeping anything: two places `[batch, units]` for every state, which take turns, and one for every value. */
export function scratchLayout({ units, states, training }: Plan, batch: number) {
  const rows = batch * units;
  const places: Record<string, number> = {};
  states.forEach((_, s) => {
    places[`state${s}`] = 2 * s * rows;
  });
  for (let index = 0; index < training.values; index++) {
    places[`value${index}`] = (2 * states.length + index) * rows;
  }
  return { places, length: (2 * states.length + training.values) * rows };
}
