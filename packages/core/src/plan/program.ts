import type { OperationName } from '../equations/operations.js';

/**
 * Where a row of a pointwise program comes from or goes to. Rows are `units` long; a device finds the memory.
 *
 * | kind | the row |
 * |---|---|
 * | input | `x` (programs use it only when inputSize = units) |
 * | state, newState | a state before and after the step |
 * | output | the step's output |
 * | vector | one block of a vector parameter, the same for every batch row |
 * | recurrentMask | a row given for the whole sequence |
 * | product | one block of the result of matrix product `product` |
 * | value | a value of this schedule that outlives one program |
 * | saved | gradient: a value of the training schedule |
 * | outputCotangent, stateCotangent | gradient: cotangents from the output and the later step |
 * | transposedProduct | gradient: the result of transposed product `product` |
 * | previousStateCotangent, inputCotangent | gradient: cotangents for the earlier step and `x` |
 * | productCotangent | gradient: one block of cotangent buffer `buffer`, see `CotangentBuffers` |
 * | vectorCotangent | gradient: added, over all rows and steps, to the gradient of a vector block |
 */
export type Slot =
  | { readonly kind: 'input' | 'output' | 'outputCotangent' | 'inputCotangent' }
  | {
      readonly kind: 'state' | 'newState' | 'stateCotangent' | 'previousStateCotangent';
      readonly state: number;
    }
  | { readonly kind: 'vector' | 'vectorCotangent'; readonly parameter: number; readonly block: number }
  | { readonly kind: 'recurrentMask' | 'value' | 'saved'; readonly index: number }
  | { readonly kind: 'product'; readonly product: number; readonly block: number }
  | { readonly kind: 'productCotangent'; readonly buffer: number; readonly block: number }
  | { readonly kind: 'transposedProduct'; readonly product: number };

/**
 * A straight-line list of scalar operations, applied to every element of its rows. Values are numbered: first the
 * loads, then the constants, then the operations' results, each computed once.
 *
 * @typeParam Place how the place of a row is described.
 */
export interface Program<Place = Slot> {
  readonly loads: readonly Place[];
  readonly constants: readonly number[];
  readonly operations: readonly { readonly name: OperationName; readonly inputs: readonly number[] }[];
  readonly stores: readonly { readonly value: number; readonly slot: Place }[];
}

/** A part of one step: matrix products, then the pointwise program after them. */
export interface Stage<Place = Slot> {
  /** Indices of products (of transposed products in a gradient schedule) to run before the program. */
  readonly products: readonly number[];
  /** The length of the program's rows. */
  readonly width: number;
  readonly program: Program<Place>;
}

/** The stages of a time step, in order. The first stage has no products. */
export interface Schedule<Place = Slot> {
  readonly stages: readonly Stage<Place>[];
  /** The number of `value` slots. */
  readonly values: number;
}
