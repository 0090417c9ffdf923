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

/** The same at every time step: the rows of step `s` begin `s · advance` further on. */
export interface SequenceRows<Memory> extends Rows<Memory> {
  readonly advance: number;
}

/** What rows hold before the first step of a sequence. */
export interface Start<Memory> {
  readonly from: Rows<Memory>;
  readonly to: Rows<Memory>;
}

/** The rows a compiled program works on, in the order of the program's loads and stores. */
export interface ProgramRows<Memory, Row extends Rows<Memory> = Rows<Memory>> {
  readonly loads: readonly Row[];
  readonly stores: readonly Row[];
}

/**
 * The handful of kernels from which `backendFromKernels` makes a whole backend, for devices whose time loop is driven by
 * JavaScript. `Memory` is a handle for float32 numbers, `Right` a right-hand matrix prepared for many products,
 * `Compiled` a program made ready for the device. Rows and matrices are read during the call and not kept: the time loop
 * changes them from step to step.
 */
export interface Kernels<Memory, Right, Compiled> {
  /** Memory for `length` numbers, whatever they are. */
  allocate(length: number): Memory;
  /** Memory for `length` numbers, all 0. */
  zeros(length: number): Memory;
  release(memory: Memory): void;
  /** The numbers as seen from JavaScript, for masks. */
  view(memory: Memory): Float32Array;
  copy(from: Rows<Memory>, to: Rows<Memory>, rows: number, length: number): void;

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

  compile(program: Program, units: number): Compiled;
  /**
   * Applies a program to `count` rows from row `first` on. A store of kind `vectorCotangent` adds the sum over the rows
   * to its one row.
   */
  run(compiled: Compiled, rows: ProgramRows<Memory>, first: number, count: number): void;
  /**
   * Applies a program to `count` rows from row `first` on at `steps` time steps, one after another for each row: what a step
   * stores the next may load, also from the place that it loads from. Before a row's first step its `starts` are copied. With
   * this, a cell without products of its state is one call for a whole sequence; a device that has it not is given its steps
   * one by one.
   */
  runSequence?(
    compiled: Compiled,
    rows: ProgramRows<Memory, SequenceRows<Memory>>,
    steps: number,
    first: number,
    count: number,
    starts: readonly Start<Memory>[],
  ): void;
}
