/** A cell as plain data of the suite's own: core's cell, the printed equations and an evaluator in the tests are made of it. */
import type { ParameterRole, Sizes } from '@sluice/core';
import type { OperationName } from '@sluice/core/backend';
import type * as equations from '@sluice/core/equations';

/** What `@sluice/core/equations` exports that makes no row of other rows. */
type NoWord =
  | 'Expression'
  | 'activation'
  | 'activationAliases'
  | 'activations'
  | 'bias'
  | 'kernel'
  | 'projection'
  | 'recurrentKernel'
  | 'recurrentVector';

/** A function of the language, by its name. */
export type FunctionWord = Exclude<keyof typeof equations, NoWord>;
/** A method of a row, with a point: `.max` is that of two rows, `max` the largest number of one. */
export type MethodWord = `.${Exclude<keyof equations.Expression, 'term' | symbol>}`;
/** An operation without a word of its own; in saved cells it may stand alone. */
export type OperationWord = `#${Exclude<OperationName, keyof typeof equations | keyof equations.Expression>}`;

/** Every way to make a row of other rows. A new word of the language is missing in the tables of this type. */
export type Word = FunctionWord | MethodWord | OperationWord;

/** The length of a row: `times` features or units, and `plus` numbers. */
export interface Length {
  readonly size?: keyof Sizes;
  readonly times: number;
  readonly plus: number;
}

export const lengthOf = ({ size, times, plus }: Length, sizes: Sizes): number =>
  (size === undefined ? 0 : times * sizes[size]) + plus;

export interface DescribedParameter {
  readonly name: string;
  readonly symbol: string;
  readonly role: ParameterRole;
  readonly blocks: readonly string[];
  /** Absent: units. */
  readonly width?: Length;
  /** Of matrices. Absent: the input's features for a kernel, else units. */
  readonly rows?: Length;
  readonly groups?: number;
  readonly storedRows?: number;
}

/** An argument of a word: the row of that index, a number, or named settings. */
export type Argument = { readonly row: number } | number | Readonly<Record<'settings', Settings>>;
export type Settings = Readonly<Record<string, number>>;

/** A row of one step; it is made of rows before it. */
export type Row =
  | { readonly kind: 'input' }
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'vector'; readonly parameter: string; readonly block: string }
  | { readonly kind: 'product'; readonly parameter: string; readonly block: string; readonly row: number }
  | {
      readonly kind: 'word';
      readonly word: Word;
      /** Of a method, the first is its row. */
      readonly arguments: readonly Argument[];
      /** The row that is taken of a word that makes several. */
      readonly pick?: number;
    };

/** The indices of the rows that a row is made of. */
export function operandsOf(row: Row): number[] {
  if (row.kind === 'product') return [row.row];
  if (row.kind !== 'word') return [];
  return row.arguments.flatMap((argument) =>
    typeof argument === 'object' && 'row' in argument ? [argument.row] : [],
  );
}

export interface CellDescription {
  readonly name: string;
  readonly states: readonly { readonly name: string; readonly width: Length }[];
  readonly parameters: readonly DescribedParameter[];
  readonly useBias: boolean;
  readonly rows: readonly Row[];
  /** The index of the row of each state and of the output; without an output it is the first state. */
  readonly results: Readonly<Record<string, number>>;
}
