import type { ParameterRole, Sizes } from '../equations/parameters.js';
import type { FloatArray } from './description.js';

/**
 * The parameters of one of Sluice's cells, under the names the cell gives them, flat and in the cell's own order
 * (Keras's): `kernel` `[inputSize, gates·units]`, `recurrentKernel` `[units, gates·units]`, `bias` `[gates·units]`
 * or, for a reset-after GRU, `[2, 3·units]`, `recurrentVector` `[gates·units]` (peepholes, SRU's `v`).
 */
export type NativeWeights<A extends FloatArray = FloatArray> = { readonly kernel: A } & {
  readonly [role in Exclude<ParameterRole, 'kernel'>]?: A;
};

/** A library's weights for one layer, under its own names. */
export type LibraryWeights<Required extends string, Optional extends string, A extends FloatArray> = {
  readonly [name in Required]: A;
} & { readonly [name in Optional]?: A };

/** Conversion between a library's storage of one cell's weights and Sluice's. Nothing is changed in place. */
export interface Layout<Required extends string, Optional extends string> {
  /** Where the library documents its storage. */
  readonly source: string;
  /**
   * The library's weights as Sluice stores them. Where the library has two biases and the cell one, it is their sum.
   * @throws RangeError naming the array that is missing, unknown or of the wrong length, and the shape expected.
   */
  toNative<A extends FloatArray>(
    weights: LibraryWeights<Required, Optional, A>,
    sizes: Sizes,
  ): NativeWeights<A>;
  /**
   * Sluice's weights as the library stores them. Where the library has two biases and the cell one, the first takes
   * it and the second is zero.
   * @throws RangeError as `toNative`.
   */
  fromNative<A extends FloatArray>(
    native: NativeWeights<A>,
    sizes: Sizes,
  ): LibraryWeights<Required, Optional, A>;
}

/** The two directions of a bidirectional layer. */
export interface BothDirections<A extends FloatArray> {
  readonly forward: NativeWeights<A>;
  readonly backward: NativeWeights<A>;
}

/** A layout that stores both directions of a bidirectional layer in the same arrays. */
export interface DirectionalLayout<Required extends string, Optional extends string>
  extends Layout<Required, Optional> {
  /** As `toNative`, for arrays that hold two directions; `sizes.units` are those of one direction. */
  toNativeBidirectional<A extends FloatArray>(
    weights: LibraryWeights<Required, Optional, A>,
    sizes: Sizes,
  ): BothDirections<A>;
  /** As `fromNative`, for both directions at once. */
  fromNativeBidirectional<A extends FloatArray>(
    native: BothDirections<A>,
    sizes: Sizes,
  ): LibraryWeights<Required, Optional, A>;
}
