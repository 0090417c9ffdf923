/** The sizes a cell is used with: features of the input row and of the state row. */
export interface Sizes {
  readonly inputSize: number;
  readonly units: number;
}

/** The length of a row: a number, the name of a size, or a function of the sizes. */
export type Size = number | keyof Sizes | ((sizes: Sizes) => number);

/** A size as a number. */
export function resolveSize(size: Size, sizes: Sizes): number {
  if (typeof size === 'function') return size(sizes);
  return typeof size === 'string' ? sizes[size] : size;
}

/** The role of a parameter. Layers choose initializers, regularizers and names by it. */
export type ParameterRole = (typeof MATRIX_ROLES)[number] | (typeof VECTOR_ROLES)[number];
export const MATRIX_ROLES = ['kernel', 'recurrentKernel', 'projection'] as const;
export const VECTOR_ROLES = ['bias', 'recurrentVector'] as const;

/** The declaration of one parameter: a matrix or vector made of equally wide named blocks, one per gate. */
export interface ParameterDeclaration<
  Block extends string = string,
  Form extends 'matrix' | 'vector' = 'matrix' | 'vector',
> {
  /** Matrices multiply an expression (`W.z(x)`); vectors are expressions themselves (`b.z`). */
  readonly form: Form;
  readonly role: ParameterRole;
  /** Block names in storage order; each block is `width` columns wide. */
  readonly blocks: readonly Block[];
  /** The columns of a block. Default `units`. */
  readonly width?: Size;
  /** Matrices: the length of the rows that it multiplies. Default: `inputSize` for a kernel, else `units`. */
  readonly rows?: Size;
  /**
   * Matrices: a block-diagonal matrix. The row and the result are divided into so many equal parts, and a part of the result
   * depends on its part of the row alone. Stored are `rows / groups` rows: the blocks' columns belong to the parts in turn.
   */
  readonly groups?: number;
  /** The parameter's letter in printed equations. */
  readonly symbol: string;
  /** The number of rows in which a vector is stored: Keras stores the two biases of a reset-after GRU as `[2, 3·units]`. */
  readonly storedRows?: number;
  /** The initial values of a block, instead of the initializer's. */
  readonly initial?: Readonly<Partial<Record<Block, InitialValue>>>;
}

/** A number, or numbers for the columns of a block; fewer numbers than columns repeat. */
export type InitialValue = number | readonly number[];

/** A reference to one named block of a parameter. */
export interface ParameterBlock {
  readonly parameter: string;
  readonly block: string;
}

/** A parameter with its shape for given sizes. */
export interface ParameterShape {
  readonly name: string;
  readonly form: 'matrix' | 'vector';
  readonly role: ParameterRole;
  readonly symbol: string;
  /** `[rows / groups, blocks·width]`, `[blocks·width]`, or with stored rows `[stored rows, (blocks / stored rows)·width]`. */
  readonly shape: readonly number[];
  /** The columns of a block. */
  readonly width: number;
  /** Matrices: the length of the rows that it multiplies, and the number of groups. */
  readonly rows: number;
  readonly groups: number;
  readonly blocks: readonly string[];
  readonly initial?: Readonly<Record<string, InitialValue | undefined>>;
}

/** Input weights `[inputSize, blocks·units]`. */
export const kernel = <const B extends string>(...blocks: B[]): ParameterDeclaration<B, 'matrix'> => ({
  form: 'matrix',
  role: 'kernel',
  blocks,
  symbol: 'W',
});

/** Recurrent weights `[units, blocks·units]`. */
export const recurrentKernel = <const B extends string>(
  ...blocks: B[]
): ParameterDeclaration<B, 'matrix'> => ({
  form: 'matrix',
  role: 'recurrentKernel',
  blocks,
  symbol: 'U',
});

/** Weights of a row of `units` numbers that is neither the input nor a state: `[units, blocks·width]`. */
export const projection = <const B extends string>(...blocks: B[]): ParameterDeclaration<B, 'matrix'> => ({
  form: 'matrix',
  role: 'projection',
  blocks,
  symbol: 'P',
});

/** Bias `[blocks·units]`. */
export const bias = <const B extends string>(...blocks: B[]): ParameterDeclaration<B, 'vector'> => ({
  form: 'vector',
  role: 'bias',
  blocks,
  symbol: 'b',
});

/** Vectors `[blocks·units]` that multiply a state element by element: peepholes, SRU's `v`, IndRNN's `u`. */
export const recurrentVector = <const B extends string>(
  ...blocks: B[]
): ParameterDeclaration<B, 'vector'> => ({
  form: 'vector',
  role: 'recurrentVector',
  blocks,
  symbol: 'v',
});

/**
 * The parameter's shape for given sizes.
 * @throws TypeError when a size is no positive whole number, or is not divisible into the groups or by the initial values.
 */
export function shapeOf(name: string, declaration: ParameterDeclaration, sizes: Sizes): ParameterShape {
  const { form, role, symbol, blocks, storedRows, initial, groups = 1 } = declaration;
  const checked = (what: string, size: Size) => {
    const number = resolveSize(size, sizes);
    if (Number.isInteger(number) && number >= 1 && number % groups === 0) return number;
    const divisible = groups > 1 ? `, divisible by its ${groups} groups` : '';
    throw new TypeError(
      `Parameter '${name}': ${what} must be a positive whole number${divisible}, but is ${number}.`,
    );
  };
  const width = checked('width', declaration.width ?? 'units');
  for (const [block, value] of Object.entries(initial ?? {})) {
    if (typeof value !== 'object' || width % value.length === 0) continue;
    throw new TypeError(
      `Parameter '${name}': ${value.length} initial values of '${block}' do not repeat to its ${width} columns.`,
    );
  }
  const rows =
    form === 'matrix' ? checked('rows', declaration.rows ?? (role === 'kernel' ? 'inputSize' : 'units')) : 1;
  const columns = blocks.length * width;
  const vectorShape = storedRows ? [storedRows, columns / storedRows] : [columns];
  const shape = form === 'matrix' ? [rows / groups, columns] : vectorShape;
  return { name, form, role, symbol, shape, width, rows, groups, blocks, ...(initial && { initial }) };
}
