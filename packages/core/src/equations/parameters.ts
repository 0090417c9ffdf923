/** The sizes a cell is used with: features of the input row and of the state row. */
export interface Sizes {
  readonly inputSize: number;
  readonly units: number;
}

/** The role of a parameter. Layers choose initializers, regularizers and names by it. */
export type ParameterRole = (typeof MATRIX_ROLES)[number] | (typeof VECTOR_ROLES)[number];
export const MATRIX_ROLES = ['kernel', 'recurrentKernel'] as const;
export const VECTOR_ROLES = ['bias', 'recurrentVector'] as const;

/** The declaration of one parameter: a matrix or vector made of equally wide named blocks, one per gate. */
export interface ParameterDeclaration<
  Block extends string = string,
  Form extends 'matrix' | 'vector' = 'matrix' | 'vector',
> {
  /** Matrices multiply an expression (`W.z(x)`); vectors are expressions themselves (`b.z`). */
  readonly form: Form;
  readonly role: ParameterRole;
  /** Block names in storage order; each block is `units` columns wide. */
  readonly blocks: readonly Block[];
  /** The parameter's letter in printed equations. */
  readonly symbol: string;
  /** The number of rows in which a vector is stored: Keras stores the two biases of a reset-after GRU as `[2, 3·units]`. */
  readonly storedRows?: number;
  /** The initial value of a block, instead of the initializer's. */
  readonly initial?: Readonly<Partial<Record<Block, number>>>;
}

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
  /** `[inputSize, blocks·units]`, `[units, blocks·units]`, `[blocks·units]`, or with stored rows `[rows, (blocks / rows)·units]`. */
  readonly shape: readonly number[];
  readonly blocks: readonly string[];
  readonly initial?: Readonly<Record<string, number | undefined>>;
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

/** The length of the rows that a matrix parameter multiplies. */
export const matrixRows = (role: ParameterRole, sizes: Sizes): number =>
  role === 'kernel' ? sizes.inputSize : sizes.units;

/** The parameter's shape for given sizes. */
export function shapeOf(name: string, declaration: ParameterDeclaration, sizes: Sizes): ParameterShape {
  const { form, role, symbol, blocks, storedRows, initial } = declaration;
  const columns = blocks.length * sizes.units;
  const vectorShape = storedRows ? [storedRows, columns / storedRows] : [columns];
  const shape = form === 'matrix' ? [matrixRows(role, sizes), columns] : vectorShape;
  return { name, form, role, symbol, shape, blocks, ...(initial && { initial }) };
}
