import type { ParameterRole, Sizes } from '../equations/parameters.js';

/** The sizes of a layer. */
export interface LayoutSizes extends Sizes {
  /** The width of the state `h` of an LSTM with a projection (PyTorch: `proj_size`). Default: units. */
  readonly projection?: number | undefined;
}

/** Float32 or float64 weights; a conversion returns the type it is given. */
export type FloatArray = Float32Array | Float64Array;

/**
 * One axis of a stored array:
 * - `direction`: forward, backward, where a bidirectional layer is one array;
 * - `half`: the input bias and the recurrent bias, where one array holds both;
 * - `gate`, `unit`: which gate, which unit of it;
 * - `row`: an element of the row that a matrix multiplies.
 */
export type Axis = 'direction' | 'half' | 'gate' | 'unit' | 'row';

/** The storage of one array of weights. */
export interface StoredArray {
  /** The roles of its parameters. Several matrices are side by side along the `row` axis, in this order. */
  readonly holds: readonly ParameterRole[];
  /** Its dimensions, outermost first (row-major); axes that the library joins into one dimension are listed together. */
  readonly dimensions: readonly (readonly Axis[])[];
  /** Its gates, in storage order, with Sluice's names. */
  readonly gates: readonly string[];
  /** The halves of a bias. Default: 0, the input half. */
  readonly halves?: readonly number[];
}

export type StoredArrays = Readonly<Record<string, StoredArray>>;

/** A matrix `[row, gate·unit]`, as in Keras and in Sluice. */
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
export function extent(axis: Axis, array: StoredArray, sizes: LayoutSizes, directions: number): number {
  if (axis === 'direction') return directions;
  if (axis === 'half') return halvesOf(array).length;
  if (axis === 'gate') return array.gates.length;
  if (axis === 'unit') return array.holds.includes('projection') ? stateWidth(sizes) : sizes.units;
  return array.holds.reduce((sum, role) => sum + rowLength(role, sizes), 0);
}

const stateWidth = ({ units, projection = units }: LayoutSizes): number => projection;

/** The shape in the library. */
export function shapeOfStored(array: StoredArray, sizes: LayoutSizes, directions: number): number[] {
  return array.dimensions.map((axes) =>
    axes.reduce((product, axis) => product * extent(axis, array, sizes, directions), 1),
  );
}

export const halvesOf = (array: StoredArray): readonly number[] => array.halves ?? [0];

/** The length of the row that a parameter multiplies; a vector counts as one row. */
export function rowLength(role: ParameterRole, sizes: LayoutSizes): number {
  if (role === 'kernel') return sizes.inputSize;
  if (role === 'projection') return sizes.units;
  return role === 'recurrentKernel' ? stateWidth(sizes) : 1;
}

/** The two biases of a reset-after GRU, `[2, 3·units]`: input half, recurrent half. */
const bothHalves: StoredArray = {
  holds: ['bias'],
  dimensions: [['half'], ['gate', 'unit']],
  gates: ['z', 'r', 'n'],
  halves: [0, 1],
};

const matrices = (...gates: string[]) => ({
  kernel: columns('kernel', gates),
  recurrentKernel: columns('recurrentKernel', gates),
});

const lstm = {
  ...matrices('i', 'f', 'g', 'o'),
  bias: vector('bias', ['i', 'f', 'g', 'o']),
  projection: columns('projection', ['h']),
};

const light = (...gates: string[]) => ({
  kernel: columns('kernel', gates),
  recurrentVector: vector('recurrentVector', ['f', 'r']),
  bias: vector('bias', ['f', 'r']),
});

/** The storage of Sluice's own cells: Keras's order and shapes. */
export const native = {
  simpleRnn: { ...matrices('h'), bias: vector('bias', ['h']) },
  gru: { ...matrices('z', 'r', 'n'), bias: bothHalves },
  gruResetBefore: { ...matrices('z', 'r', 'n'), bias: vector('bias', ['z', 'r', 'n']) },
  lstm,
  lstmWithPeephole: { ...lstm, recurrentVector: vector('recurrentVector', ['i', 'f', 'o']) },
  lstmInputForget: {
    ...matrices('i', 'g', 'o'),
    bias: vector('bias', ['i', 'g', 'o']),
    recurrentVector: vector('recurrentVector', ['i', 'o']),
  },
  sru: light('c', 'f', 'r'),
  sruWithSkip: light('c', 'f', 'r', 's'),
};
