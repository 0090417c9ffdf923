import type { Plan } from '../../plan/plan.js';

/** The layout of `saved`: the training schedule's values, then every state after every step, each laid out as the sequence. */
export class SavedLayout {
  private readonly part: number;
  readonly length: number;
  constructor(
    private readonly plan: Plan,
    batch: number,
    timesteps: number,
  ) {
    this.part = batch * timesteps * plan.units;
    this.length = (plan.training.values + plan.states.length) * this.part;
  }
  value(index: number): number {
    return index * this.part;
  }
  state(state: number): number {
    return (this.plan.training.values + state) * this.part;
  }
}
