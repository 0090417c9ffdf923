import type { RowOperationName } from '../equations/row-operations.js';
import type { Program } from '../plan/program.js';

/**
 * A pass over a sequence as plain data, forward or backward: which buffers there are, what is computed in every time step,
 * and before and after the steps. A device interprets or prints it and decides nothing about places.
 *
 * @typeParam Before the work before the steps.
 */
export interface Loop<Before = RowsProduct> {
  /** For messages and profiles, such as `gru forward`. */
  readonly name: string;
  /** 1: from the first processed time step to the last; −1: back. */
  readonly direction: 1 | -1;
  /**
   * Whether the loop takes the batch row by row, each with all its steps. It is so if a step is one program: then no row waits for
   * another one. 1: the steps come in ascending order of their addresses; −1: in descending order.
   */
  readonly byRows?: 1 | -1 | undefined;
  readonly buffers: readonly LoopBuffer[];
  readonly carried: readonly Carried[];
  /**
   * Work on all steps of a chunk at once, before its steps: input projections. Programs run step by step; in a parallel loop, no
   * step of a program reads what another one writes.
   */
  readonly before: readonly LoopStage<Before>[];
  /** One time step. */
  readonly body: readonly LoopStage<StepProduct>[];
  /** Work on all steps of a chunk at once, after its steps: gradients of matrices. Programs run step by step. */
  readonly after: readonly LoopStage<RowsProduct | WeightsProduct>[];
}

/**
 * A buffer of float32 rows of `width` numbers.
 *
 * | rows | the buffer has a row for |
 * |---|---|
 * | one | the whole call, such as a parameter; a matrix is one row |
 * | batch | each batch row |
 * | sequence | each batch row and time step, in the caller's layout and order of time |
 * | mask | the same, always `[batch, timesteps]` |
 * | steps | each time step in the order of processing and each batch row: `[timesteps, batch, width]` |
 * | states | as `steps`, with one more step in front: the rows before the first step |
 *
 * In a loop by rows, `steps` are `[batch, timesteps, width]` in the caller's order of time, and `states` have one step more.
 */
export interface LoopBuffer {
  readonly name: string;
  /** The argument or result of the call that it is, for `given` and `result`. */
  readonly source?: Source;
  readonly rows: 'one' | 'batch' | 'sequence' | 'mask' | 'steps' | 'states';
  readonly width: number;
  /**
   * `given`: the caller's; if the caller has none, it is a row of zeros. `result`: returned. `saved`: a part of the values that
   * the forward pass saves for the gradient. `scratch`: for the call; `steps` and `states` hold one chunk.
   */
  readonly life: 'given' | 'result' | 'saved' | 'scratch';
  /** A result that not every operation overwrites: it starts as zeros. */
  readonly zeroed?: boolean;
}

/** An argument or a result of a pass; an index counts parameters, states or masks in the plan's order. */
export type Source =
  | { readonly kind: 'x' | 'mask' | 'output' | 'outputCotangent' | 'xGradient' }
  | {
      readonly kind:
        | 'parameter'
        | 'recurrentMask'
        | 'initialState'
        | 'finalState'
        | 'stateCotangent'
        | 'parameterGradient'
        | 'initialStateGradient';
      readonly index: number;
    };

/** A buffer of kind `states` whose rows pass from step to step. */
export interface Carried {
  readonly buffer: number;
  /** The buffer of the rows before the first processed step; zeros if absent. */
  readonly initial?: number;
  /** The buffer that gets the rows after the last processed step. */
  readonly final?: number;
}

/** A part of the work: matrix products, then a pointwise program on rows of `width` numbers. */
export interface LoopStage<Product = LoopProduct> {
  readonly products: readonly Product[];
  readonly width: number;
  readonly program: Program<Reference>;
}

/** Columns of the rows of a buffer. In a buffer of kind `states`, those `before` or `after` the step. */
export interface Reference {
  readonly buffer: number;
  readonly at: 'step' | 'before' | 'after';
  readonly column: number;
  readonly width: number;
  /** Loads: each row is one number, which stands for a whole row. */
  readonly spread?: boolean;
  /** Stores: the sum over the rows and steps is added to the one row of the buffer. */
  readonly sum?: boolean;
}

/** A part of a matrix that is stored in a buffer of kind `one`, row by row. */
export interface MatrixReference {
  readonly buffer: number;
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly rows: number;
  readonly columns: number;
  /** The columns of the whole matrix. */
  readonly stride: number;
}

/** `result = left × weights` for each row, or `left × weightsᵀ`. */
export interface RowsProduct {
  readonly kind: 'rows';
  readonly left: Reference;
  readonly weights: MatrixReference;
  readonly transposed: boolean;
  readonly result: Reference;
  /** Whether the product is added to what the result holds. */
  readonly accumulate: boolean;
}

/** An operation on whole rows, as `rowOperations` of core defines it. */
export interface RowProduct {
  readonly kind: 'row';
  readonly name: RowOperationName;
  readonly parts: number;
  readonly operand: Reference;
  readonly result: Reference;
}

/** `result += leftᵀ × right`, summed over all rows and steps; the first chunk overwrites unless the result starts as zeros. */
export interface WeightsProduct {
  readonly kind: 'weights';
  readonly left: Reference;
  readonly right: Reference;
  readonly result: MatrixReference;
  /** Rows at which it is 0 are left out of the sum. */
  readonly mask?: Reference;
}

/** What a step does beside its programs. */
export type StepProduct = RowsProduct | RowProduct;

export type LoopProduct = StepProduct | WeightsProduct;

/** The linear recurrence `to = factor ⊙ from + addend` over all steps of a chunk, in the order of the loop. */
export interface LoopScan {
  readonly kind: 'scan';
  readonly factor: Reference;
  readonly addend: Reference;
  /** A row that is 0 where `to` is the addend alone, also if `from` is NaN. If absent, there is no such number. */
  readonly reads?: Reference;
  /** The rows of a carried buffer before each step, and after it. */
  readonly from: Reference;
  readonly to: Reference;
}

/** A loop without steps: its stages `before` them solve the recurrences, over all steps at once. */
export type ParallelLoop = Loop<LoopProduct | LoopScan>;
