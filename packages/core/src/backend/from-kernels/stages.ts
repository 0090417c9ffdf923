import type { Plan } from '../../plan/plan.js';
import type { Schedule, Slot } from '../../plan/program.js';
import type { SequenceProduct, SequenceRows, SequenceStage, Start } from '../kernels.js';
import type { Group } from './groups.js';
import { type AnyKernels, asMatrix } from './matrices.js';

/** The stages of a schedule, bound to the rows that `StepRows` moves from step to step. */
export class Stages<Memory> {
  private readonly stages: readonly SequenceStage<Memory, unknown, unknown>[];

  /**
   * @param programs the compiled program of each stage.
   * @param find the rows of a slot; asked for each place where a program uses it.
   * @param product the memory of a product that is run between programs.
   */
  constructor(
    private readonly kernels: AnyKernels<Memory>,
    schedule: Schedule,
    programs: readonly unknown[],
    find: (slot: Slot) => SequenceRows<Memory>,
    product: (index: number) => SequenceProduct<Memory, unknown>,
  ) {
    this.stages = schedule.stages.map(({ products, program }, stage) => ({
      products: products.map(product),
      program: programs[stage],
      rows: { loads: program.loads.map(find), stores: program.stores.map(({ slot }) => find(slot)) },
    }));
  }

  /** Runs one step: products for all rows of the batch, programs for those of the runs `[first, end)`. */
  run(batch: number, runs: readonly (readonly [number, number])[]): void {
    const { kernels } = this;
    for (const { products, program, rows } of this.stages) {
      for (const { left, right, result } of products) {
        kernels.multiply(asMatrix(left), right, result, batch, false);
      }
      for (const [first, end] of runs) kernels.run(program, rows, first, end - first);
    }
  }

  /** Runs `steps` steps from the one that the rows are at on the rows of a group, in one go. */
  runSequence({ first, count }: Group, steps: number, starts: readonly Start<Memory>[] = []): void {
    this.kernels.runSequence?.(this.stages, steps, first, count, starts);
  }
}

/**
 * Whether to run a whole time loop in one go, where the device can: not a single step, which is quicker by itself, and not with
 * a mask, because programs leave padded rows out.
 */
export const runsAsSequence = <Memory>(
  { runSequence }: AnyKernels<Memory>,
  timesteps: number,
  mask: Float32Array | undefined,
): boolean => runSequence !== undefined && timesteps > 1 && mask === undefined;

/** Whether a step of a schedule is one program, without products. */
export const isOneProgram = ({ products }: Plan, { stages }: Schedule): boolean =>
  stages.length === 1 && products.every(({ operand }) => operand.kind === 'input');
