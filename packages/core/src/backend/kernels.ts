import type { RowOperationName } from '../equations/row-operations.js';
import type { Program } from '../plan/program.js';

/** Rows in a device's memory: row `i` starts at `offset + i · stride`. A stride of 0 repeats one row. */
export interface Rows<Memory> {
  readonly memory: Memory;
  readonly offset: number;
  readonly stride: number;
}

/** A matrix in a device's memory: element (i, j) is at `offset + i · rowStride + j · columnStride`. */
export interface Matrix<Memory> {
  readonly memory: Memory;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Rows that move with the time loop: each step adds `advance` to the offset. */
export interface SequenceRows<Memory> extends Rows<Memory> {
  readonly advance: number;
}

/** How a program reads or writes a row. */
export interface RowAccess {
  /** Loads: the row is one number, which stands for a whole row. */
  readonly spread?: boolean;
  /** Stores: the sum over the rows is added to one row. */
  readonly sum?: boolean;
}

/** The rows a compiled program works on, in the order of the program's loads and stores. */
export interface ProgramRows<Memory, Row extends Rows<Memory> = Rows<Memory>> {
  readonly loads: readonly Row[];
  readonly stores: readonly Row[];
}

/** A matrix product of every step, with a row for each batch row. */
export interface SequenceProduct<Memory, Right> {
  readonly kind: 'product';
  readonly left: SequenceRows<Memory>;
  readonly right: Right;
  readonly result: SequenceRows<Memory>;
  /** Whether the product is added to what the result holds. An operation of the same step has written that. */
  readonly accumulate: boolean;
}

/** An operation on whole rows of every step, as `rowOperations` defines it, or a copy. */
export interface SequenceRowOperation<Memory> {
  readonly kind: 'row';
  readonly name: RowOperationName | 'copy';
  readonly parts: number;
  /** The length of an operand row. */
  readonly width: number;
  readonly operand: SequenceRows<Memory>;
  readonly result: SequenceRows<Memory>;
}

/** What is done at every step of a sequence: products and row operations in order, then the program behind them. */
export interface SequenceStage<Memory, Right, Compiled> {
  readonly products: readonly (SequenceProduct<Memory, Right> | SequenceRowOperation<Memory>)[];
  readonly program: Compiled;
  readonly rows: ProgramRows<Memory, SequenceRows<Memory>>;
}

/**
 * The handful of kernels from which `backendFromKernels` makes a whole backend, for devices whose time loop is driven by
 * JavaScript. `Memory` is a handle for float32 numbers, `Right` a right-hand matrix prepared for many products,
 * `Compiled` a program made ready for the device. Rows and matrices are read during the call and not kept: the time loop
 * changes them from step to step.
 */
export interface Kernels<Memory, Right, Compiled> {
  /** Uninitialised memory for `length` numbers. */
  allocate(length: number): Memory;
  /** Memory for `length` numbers, all 0. */
  zeros(length: number): Memory;
  release(memory: Memory): void;
  /** The numbers as seen from JavaScript. */
  view(memory: Memory): Float32Array;

  /** Prepares a `depth × columns` matrix as the right-hand side of products with `rows` rows altogether. */
  prepare(matrix: Matrix<Memory>, rows: number, depth: number, columns: number): Right;
  /**
   * The same for a part of a parameter. Its numbers stay as they are until its memory is released, so a device may keep
   * what it has prepared for later calls.
   */
  prepareWeights(matrix: Matrix<Memory>, rows: number, depth: number, columns: number): Right;
  releaseRight(right: Right): void;
  /** `result = left × right`, or `result += left × right`. */
  multiply(
    left: Matrix<Memory>,
    right: Right,
    result: Matrix<Memory>,
    rows: number,
    accumulate: boolean,
  ): void;

  /**
   * Applies a row operation to `count` rows of `width` numbers from row `first` on; `rowOperations` defines the results, and
   * `copy` copies rows.
   */
  runRows(operation: SequenceRowOperation<Memory>, first: number, count: number): void;

  /**
   * Prepares a program for rows of `width` numbers.
   * @param descends whether it will run on rows in descending order of their addresses.
   */
  compile(program: Program<RowAccess>, width: number, descends?: boolean): Compiled;
  /**
   * Applies a program to `count` rows from row `first` on. A store that is a sum adds the sum over the rows to its one row.
   */
  run(compiled: Compiled, rows: ProgramRows<Memory>, first: number, count: number): void;
  /**
   * Runs stages at `steps` time steps, one after another, on `count` rows from row `first` on: what a step stores the next may
   * load. Batch rows are independent, so a device may take them in any order. With this, a whole time loop is one call;
   * without it a device gets the steps one by one.
   *
   * @param byRows whether the steps of a row are neighbours in memory, not the rows of a step. Then there is one stage, without
   *   products, and it is best to run all steps of a row before the next row.
   */
  runSequence?(
    stages: readonly SequenceStage<Memory, Right, Compiled>[],
    steps: number,
    first: number,
    count: number,
    byRows: boolean,
  ): void;
}
