import type { Plan } from '../../plan/plan.js';
import type { Schedule, Slot } from '../../plan/program.js';
import type { Matrix, ProgramRows, Rows, SequenceRows, Start } from '../kernels.js';
import type { Group } from './groups.js';
import { type AnyKernels, asMatrix } from './matrices.js';

/** A matrix product of every step, with its memory. */
export interface StepProduct<Memory> {
  readonly left: Rows<Memory>;
  /** Prepared by the kernels. */
  readonly right: unknown;
  readonly result: Matrix<Memory>;
}

/** A stage with its memory: all that is done again and again. */
interface BoundStage<Memory> {
  readonly products: readonly StepProduct<Memory>[];
  readonly program: unknown;
  readonly rows: ProgramRows<Memory, SequenceRows<Memory>>;
}

/** The stages of a schedule, bound to the rows that `StepRows` moves from step to step. */
export class Stages<Memory> {
  private readonly stages: readonly BoundStage<Memory>[];

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
    product: (index: number) => StepProduct<Memory>,
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

  /** Runs `steps` steps from the one that the rows are at on the rows of a group, for a schedule that `runsAsSequence`. */
  runSequence({ first, count }: Group, steps: number, starts: readonly Start<Memory>[] = []): void {
    for (const { program, rows } of this.stages) {
      this.kernels.runSequence?.(program, rows, steps, first, count, starts);
    }
  }
}

/** Whether a schedule's whole time loop is one program without products, and the device can run it in one go. */
export const runsAsSequence = <Memory>(
  { runSequence }: AnyKernels<Memory>,
  { products }: Plan,
  { stages }: Schedule,
  mask: Float32Array | undefined,
): boolean =>
  runSequence !== undefined &&
  mask === undefined &&
  stages.length === 1 &&
  products.every(({ operand }) => operand.kind === 'input');
