import type { Plan } from '@sluice/core';
import {
  checkInputs,
  type SequenceCotangents,
  type SequenceInputs,
  type SequenceResult,
} from '@sluice/core/backend';
import { mapInputs } from '../src/buffers.js';
import { ReferenceBackend } from './reference-backend.js';

type Inputs = SequenceInputs<Float32Array>;
type Result = SequenceResult<Float32Array>;
type Cotangents = SequenceCotangents<Float32Array>;

/** A backend whose forward pass is right for other inputs than the given ones. */
export class WrongInputs extends ReferenceBackend {
  constructor(private readonly change: (inputs: Inputs) => Inputs) {
    super();
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    return super.forward(plan, this.change(inputs), keep);
  }
}

/** A backend that does something to the results of its forward pass. */
export class WrongResult extends ReferenceBackend {
  constructor(private readonly change: (result: Result, inputs: Inputs, keep: boolean) => void) {
    super();
  }
  override forward(plan: Plan, inputs: Inputs, keep = false): Result {
    const result = super.forward(plan, inputs, keep);
    this.change(result, inputs, keep);
    return result;
  }
}

/** A backend whose gradient is right for other inputs or cotangents than the given ones. */
export class WrongGradient extends ReferenceBackend {
  constructor(
    private readonly change: (
      inputs: Inputs,
      cotangents: Cotangents,
      result: Result,
    ) => Partial<{ inputs: Inputs; cotangents: Cotangents }>,
  ) {
    super();
  }
  override gradient(plan: Plan, inputs: Inputs, result: Result, cotangents: Cotangents) {
    const changed = this.change(inputs, cotangents, result);
    return super.gradient(plan, changed.inputs ?? inputs, result, changed.cotangents ?? cotangents);
  }
}

/** A backend that says the wrong thing about its saved values. */
export class WrongSavedLength extends ReferenceBackend {
  override savedLength(plan: Plan, batch: number, timesteps: number): number {
    return super.savedLength(plan, batch, timesteps) + 1;
  }
}

/** A backend that pads what it is given instead of refusing it. */
export class Lenient extends ReferenceBackend {
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const x = new Float32Array(inputs.batch * inputs.timesteps * plan.inputSize);
    x.set(inputs.x.subarray(0, x.length));
    return super.forward(plan, { ...inputs, x }, keep);
  }
}

/** A backend that is wrong about its inputs and cotangents in both directions, in the same way. */
export class WrongBoth extends WrongInputs {
  constructor(
    private readonly changeInputs: (inputs: Inputs) => Inputs,
    private readonly changeCotangents = (cotangents: Cotangents): Cotangents => cotangents,
  ) {
    super(changeInputs);
  }
  override gradient(plan: Plan, inputs: Inputs, result: Result, cotangents: Cotangents) {
    return super.gradient(plan, this.changeInputs(inputs), result, this.changeCotangents(cotangents));
  }
}

/** A backend whose numbers are wrong beyond a size that nothing says. */
export class Limited extends ReferenceBackend {
  constructor(private readonly isBeyond: (plan: Plan, inputs: Inputs) => boolean) {
    super();
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const result = super.forward(plan, inputs, keep);
    if (this.isBeyond(plan, inputs)) result.sequence[result.sequence.length - 1] += 0.1;
    return result;
  }
}

/** A backend whose gradient reads the values of its last forward pass and ignores the result it is given. */
export class LastKept extends ReferenceBackend {
  private last: Inputs | undefined;
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    if (keep) this.last = mapInputs(inputs, (values) => values.slice());
    return super.forward(plan, inputs, keep);
  }
  override gradient(plan: Plan, inputs: Inputs, result: Result, cotangents: Cotangents) {
    checkInputs(plan, inputs);
    return super.gradient(plan, this.last ?? inputs, result, cotangents);
  }
}

/** A backend that computes nothing any more once it has refused a call. */
export class StuckAfterError extends ReferenceBackend {
  private isStuck = false;
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    try {
      const result = super.forward(plan, inputs, keep);
      return this.isStuck ? { ...result, sequence: result.sequence.fill(0) } : result;
    } catch (error) {
      this.isStuck = true;
      throw error;
    }
  }
}

/** A backend that keeps what it has made of a plan under a name, and finds it again for every plan of that name. */
export class PlansByName extends ReferenceBackend {
  private readonly known = new Map<string, Plan>();
  constructor(private readonly nameOf: (plan: Plan) => string) {
    super();
  }
  private find(plan: Plan): Plan {
    const name = this.nameOf(plan);
    const found = this.known.get(name) ?? plan;
    this.known.set(name, found);
    return found;
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    return super.forward(this.find(plan), inputs, keep);
  }
  override gradient(plan: Plan, inputs: Inputs, result: Result, cotangents: Cotangents) {
    return super.gradient(this.find(plan), inputs, result, cotangents);
  }
}

/** A backend that takes a copy of a plan for a mistake. */
export class PlansByIdentity extends ReferenceBackend {
  private readonly seen = new Map<string, Plan>();
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const nodes = JSON.stringify([plan.nodes, plan.parameters, plan.recurrentMasks]);
    if ((this.seen.get(nodes) ?? plan) !== plan) throw new Error('an unknown plan');
    this.seen.set(nodes, plan);
    return super.forward(plan, inputs, keep);
  }
}
