import type { ParameterRole, Sizes } from '../equations/parameters.js';

/** Float32 or float64 weights; a conversion returns the type it is given. */
export type FloatArray = Float32Array | Float64Array;

/**
 * One axis of a stored array:
 * - `direction`: forward, backward, where a bidirectional layer is one array;
 * - `half`: the bias beside the input product and the one beside the recurrent product, where both are one array;
 * - `gate`, `unit`: which gate, which unit of it;
 * - `row`: an element of the row that a matrix multiplies.
 */
export type Axis = 'direction' | 'half' | 'gate' | 'unit' | 'row';

/** How one array of weights is stored. */
export interface StoredArray {
  /** What it holds. More than one matrix: side by side along the `row` axis, in this order. */
  readonly holds: readonly ParameterRole[];
  /** Its dimensions, outermost first (row-major); axes that the library joins into one dimension are listed together. */
  readonly dimensions: readonly (readonly Axis[])[];
  /** The gates it holds, in storage order, under Sluice's names. */
  readonly gates: readonly string[];
  /** A bias: which halves it holds. 0, the input half, when absent. */
  readonly halves?: readonly number[];
}

export type StoredArrays = Readonly<Record<string, StoredArray>>;

/** A matrix `[row, gate·unit]`: Keras's way, and Sluice's. */
export const columns = (holds: ParameterRole, gates: readonly string[]): StoredArray => ({
  holds: [holds],
  dimensions: [['row'], ['gate', 'unit']],
  gates,
});

/** A vector `[gate·unit]`. */
export const vector = (holds: ParameterRole, gates: readonly string[]): StoredArray => ({
  holds: [holds],
  dimensions: [['gate', 'unit']],
  gates,
});

/** The number of elements along an axis. */
export function extent(axis: Axis, array: StoredArray, sizes: Sizes, directions: number): number {
  if (axis === 'direction') return directions;
  if (axis === 'half') return halvesOf(array).length;
  if (axis === 'gate') return array.gates.length;
  if (axis === 'unit') return sizes.units;
  return array.holds.reduce((sum, role) => sum + rowLength(role, sizes), 0);
}

/** The shape as the library sees it. */
export function shapeOfStored(array: StoredArray, sizes: Sizes, directions: number): number[] {
  return array.dimensions.map((axes) =>
    axes.reduce((product, axis) => product * extent(axis, array, sizes, directions), 1),
  );
}

export const halvesOf = (array: StoredArray): readonly number[] => array.halves ?? [0];

/** The length of the row that a parameter multiplies; a vector counts as one row. */
export function rowLength(role: ParameterRole, sizes: Sizes): number {
  if (role === 'kernel') return sizes.inputSize;
  return role === 'recurrentKernel' ? sizes.units : 1;
}
