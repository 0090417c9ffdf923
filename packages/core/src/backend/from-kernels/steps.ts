import type { ProductOperand } from '../../graph/products.js';
import type { Plan } from '../../plan/plan.js';
import type { SequenceInputs } from '../interface.js';
import type { Rows } from '../kernels.js';

/** The time steps in the order of processing. */
export function stepsOf({
  timesteps,
  reverse,
}: {
  timesteps: number;
  reverse?: boolean | undefined;
}): number[] {
  return Array.from({ length: timesteps }, (_, i) => (reverse ? timesteps - 1 - i : i));
}

/** Finds the rows of one time step in buffers that hold whole sequences or single rows. */
export class StepPlaces<Memory> {
  /** The step before this one in the order of processing; −1 at the first. */
  readonly before: number;
  constructor(
    private readonly plan: Plan,
    private readonly inputs: SequenceInputs<Memory>,
    readonly step: number,
  ) {
    const { reverse, timesteps } = inputs;
    const before = reverse ? step + 1 : step - 1;
    this.before = before === timesteps ? -1 : before;
  }

  /** Rows of a step in a `[batch, timesteps, length]` buffer that begins at `start`. */
  inSequence(memory: Memory, length: number, start = 0, step = this.step): Rows<Memory> {
    return { memory, offset: start + step * length, stride: this.inputs.timesteps * length };
  }
  /** Rows of a `[batch, units]` buffer. */
  rows(memory: Memory): Rows<Memory> {
    return { memory, offset: 0, stride: this.plan.units };
  }
  vector(parameter: number, block: number): Rows<Memory> {
    return { memory: this.inputs.parameters[parameter], offset: block * this.plan.units, stride: 0 };
  }
  recurrentMask(index: number): Rows<Memory> {
    return this.rows((this.inputs.recurrentMasks as readonly Memory[])[index]);
  }
}

/** What a product reads, as rows of one step. */
export function operandRows<Memory>(
  operand: ProductOperand,
  state: (index: number) => Rows<Memory>,
  value: (index: number) => Rows<Memory>,
): Rows<Memory> {
  if (operand.kind === 'input') throw new Error('input projections are not part of a step');
  return operand.kind === 'state' ? state(operand.state) : value(operand.index);
}
