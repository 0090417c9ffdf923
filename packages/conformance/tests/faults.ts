import type { Plan, SequenceCotangents, SequenceInputs, SequenceResult } from '@sluice/core';
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

/** A backend whose results all live in one piece of memory. */
export class SharedResults extends ReferenceBackend {
  private readonly shared = new Float32Array(10_000);
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const result = super.forward(plan, inputs, keep);
    this.shared.set(result.sequence);
    return { ...result, sequence: this.shared.subarray(0, result.sequence.length) };
  }
}

/** A backend that keeps the array it is given. */
export class SharedUploads extends ReferenceBackend {
  override upload(values: Float32Array): Float32Array {
    return values;
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
