import type { Plan } from './plan.js';

/** Which of a cell's states its output is; undefined where the output is a value of its own, such as an SRU's. */
export function outputState({ newStates, output }: Pick<Plan, 'newStates' | 'output'>): number | undefined {
  const state = newStates.indexOf(output);
  return state < 0 ? undefined : state;
}
