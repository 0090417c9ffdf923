import type { OperationName } from '../equations/operations.js';

/**
 * A straight-line list of scalar operations, applied to every element of its rows. Values are numbered: first the
 * loads, then the constants, then the operations' results, each computed once.
 *
 * @typeParam Place how the place of a row is described.
 */
export interface Program<Place> {
  readonly loads: readonly Place[];
  readonly constants: readonly number[];
  readonly operations: readonly { readonly name: OperationName; readonly inputs: readonly number[] }[];
  readonly stores: readonly { readonly value: number; readonly slot: Place }[];
}

/** A part of one step: matrix products, then the pointwise program after them. */
export interface Stage<Place> {
  /** Indices of the products to run before the program. */
  readonly products: readonly number[];
  /** The length of the program's rows. */
  readonly width: number;
  readonly program: Program<Place>;
}
