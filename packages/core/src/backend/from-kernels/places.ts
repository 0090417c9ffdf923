import type { Plan } from '../../plan/plan.js';
import type { ProductOperand } from '../../plan/products.js';
import type { SequenceInputs } from '../interface.js';
import type { Kernels, Matrix, Rows } from '../kernels.js';

/** Kernels of any device, where only the memory handle matters. */
// biome-ignore lint/suspicious/noExplicitAny: the driver passes prepared matrices and programs through untouched.
export type AnyKernels<Memory> = Kernels<Memory, any, any>;

/** A matrix whose rows lie one behind the other. */
export const dense = <Memory>(memory: Memory, columns: number, offset = 0): Matrix<Memory> => ({
  memory,
  offset,
  rowStride: columns,
  columnStride: 1,
});

export const transpose = <Memory>({
  memory,
  offset,
  rowStride,
  columnStride,
}: Matrix<Memory>): Matrix<Memory> => ({
  memory,
  offset,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** Rows as the left-hand side of a product. */
export const asMatrix = <Memory>({ memory, offset, stride }: Rows<Memory>): Matrix<Memory> => ({
  memory,
  offset,
  rowStride: stride,
  columnStride: 1,
});

/** The part of `rows` that begins at row `first`. */
export const from = <Memory>({ memory, offset, stride }: Rows<Memory>, first: number): Rows<Memory> => ({
  memory,
  offset: offset + first * stride,
  stride,
});

/** The blocks of a matrix parameter that a product multiplies with. */
export function weights<Memory>(plan: Plan, parameters: readonly Memory[], product: number): Matrix<Memory> {
  const { parameter, firstBlock } = plan.products[product];
  return dense(parameters[parameter], plan.parameters[parameter].shape[1], firstBlock * plan.units);
}

/** The length of the rows that a product reads and of those it gives. */
export function productSize(plan: Plan, product: number): { depth: number; columns: number } {
  const { parameter, results } = plan.products[product];
  return { depth: plan.parameters[parameter].shape[0], columns: results.length * plan.units };
}

/** The layout of `saved`: the training schedule's values, then every state after every step, each `[batch, timesteps, units]`. */
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

/** The runs `[first, end)` of batch rows that are not padded at a step. */
export function activeRuns(
  mask: Float32Array | undefined,
  batch: number,
  timesteps: number,
  step: number,
): [number, number][] {
  if (!mask) return [[0, batch]];
  const runs: [number, number][] = [];
  for (let row = 0; row < batch; row++) {
    if (mask[row * timesteps + step] === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === row) last[1] = row + 1;
    else runs.push([row, row + 1]);
  }
  return runs;
}

/** The runs in between: the padded rows. */
export function paddedRuns(active: readonly [number, number][], batch: number): [number, number][] {
  const starts = [0, ...active.map(([, end]) => end)];
  const ends = [...active.map(([first]) => first), batch];
  return starts.map((start, i): [number, number] => [start, ends[i]]).filter(([start, end]) => end > start);
}

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
