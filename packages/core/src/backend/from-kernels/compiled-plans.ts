import type { Plan } from '../../plan/plan.js';
import type { Schedule } from '../../plan/program.js';
import type { AnyKernels } from './matrices.js';

/** The compiled program of every stage. */
export interface CompiledPlan {
  readonly inference: readonly unknown[];
  readonly training: readonly unknown[];
  readonly gradient: readonly unknown[];
}

/** Compiles a plan's programs once for a device. */
export class CompiledPlans {
  private readonly known = new WeakMap<Plan, CompiledPlan>();
  constructor(private readonly kernels: AnyKernels<never>) {}

  of(plan: Plan): CompiledPlan {
    const found = this.known.get(plan);
    if (found) return found;
    const compile = ({ stages }: Schedule) =>
      stages.map(({ program }) => this.kernels.compile(program, plan.units));
    const compiled = {
      inference: compile(plan.inference),
      training: compile(plan.training),
      gradient: compile(plan.gradient.schedule),
    };
    this.known.set(plan, compiled);
    return compiled;
  }
}
