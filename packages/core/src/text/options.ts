/** What may be said of a cell given as text, in options or in lines of the text. */
import type { ActivationSetting } from '../equations/activations.js';
import type { InitialValue, ParameterRole, Size, Sizes } from '../equations/parameters.js';

/** What is known of a parameter. What is left out follows from the equations. */
export interface CellTextParameter {
  /** The letter before the label: of `W_z` it is `W`. Default: that of the role in `@sluice/core/equations`. */
  readonly symbol?: string;
  /** Default: the parameter's name, if it is that of a role. */
  readonly role?: ParameterRole;
  /** The labels in storage order. */
  readonly blocks?: readonly string[];
  readonly width?: Size;
  readonly rows?: Size;
  readonly groups?: number;
  readonly storedRows?: number;
  readonly initial?: Readonly<Record<string, InitialValue>>;
}

export interface CellTextOptions {
  /** The name of the cell. Default `cell`. */
  readonly name?: string;
  /** Where the equations are from. */
  readonly source?: string;
  /** The name of the input. Default `x`. */
  readonly input?: string;
  /** The names of the states in order. Default: the names that are used one step earlier, `h` first. */
  readonly states?: readonly string[];
  /** The name of the output. Default: the first state, or an `h` that is computed from the states and used nowhere. */
  readonly output?: string;
  /** The lengths of the rows of states and other names, such as `{ c: 4, q: '2 units' }`. */
  readonly widths?: Readonly<Record<string, number | string>>;
  /** What the names of functions mean: `{ g: 'tanh' }`. */
  readonly functions?: Readonly<Record<string, ActivationSetting>>;
  /** The parameters, by their names, in storage order. */
  readonly parameters?: Readonly<Record<string, CellTextParameter>>;
  /** The only sizes with which the cell can be used. */
  readonly sizes?: Sizes;
  /** Names of equations that are no results of the cell: parts of longer ones. */
  readonly parts?: readonly string[];
}
