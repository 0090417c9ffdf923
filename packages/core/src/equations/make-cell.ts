import { Expression } from './expression.js';
import {
  type ParameterDeclaration,
  type ParameterShape,
  resolveSize,
  type Size,
  type Sizes,
  shapeOf,
} from './parameters.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration>>;

/** The parameters in the equations: `kernel.z` is a function of an expression, `bias.z` is an expression. */
export type ParameterHandles<P extends ParameterDeclarations> = {
  readonly [K in keyof P]: P[K] extends ParameterDeclaration<infer Block, infer Form>
    ? { readonly [B in Block]: Form extends 'matrix' ? (operand: Expression) => Expression : Expression }
    : never;
};

/** The input row `x` and, by its name, the row of each state before the step. */
export type Rows<State extends string> = { readonly [K in State | 'x']: Expression };

/**
 * The results of the equations: the new value of every state, intermediate values with a name in printed equations, and
 * `output`, the row that the layer returns (default: the first state).
 */
export type Results<State extends string> = { readonly [K in State]: Expression } & {
  readonly output?: Expression;
  readonly [name: string]: Expression | undefined;
};

export interface CellDefinition<State extends string, P extends ParameterDeclarations> {
  /** The cell's name in the registry, in saved models and in errors. */
  readonly name: string;
  /** The source of the equations, such as a paper. */
  readonly source?: string;
  /** The plain options of the cell, from which a saved model creates it again. */
  readonly options?: JsonObject;
  /** The names of the states, whose rows are `units` long, or an object from names to the lengths of their rows. */
  readonly states: readonly State[] | { readonly [K in State]: Size };
  /** The parameters in storage order; a function if they depend on the sizes. */
  readonly parameters: P | ((sizes: Sizes) => P);
  /** False leaves out every bias: in the equations they are zeros. Default true. */
  readonly useBias?: boolean | undefined;
  /** The cell's equations for one time step. */
  readonly equations: (rows: Rows<State>, parameters: ParameterHandles<P>, sizes: Sizes) => Results<State>;
}

/** A recurrent cell: its equations, states and parameters. `defineCell` creates it. */
export interface Cell {
  readonly name: string;
  readonly source: string | undefined;
  readonly options: JsonObject;
  readonly states: readonly string[];
  /** The lengths of the states' rows, in order. */
  readonly stateWidths: (sizes: Sizes) => number[];
  /** The parameters for given sizes, in storage order. */
  readonly parameters: (sizes: Sizes) => ParameterShape[];
  /** The results of the equations, by name, as expressions. */
  readonly results: (sizes: Sizes) => Readonly<Record<string, Expression>>;
}

/**
 * Creates a cell without a check of its definition: the cells of this package are right, and pages that use them do not load the
 * checks. Others use `defineCell`.
 */
export function makeCell<const State extends string, P extends ParameterDeclarations>(
  definition: CellDefinition<State, P>,
): Cell {
  const { name, source, options = {}, useBias = true, parameters, equations } = definition;
  const declared = definition.states;
  const widths: Readonly<Record<string, Size>> = isList(declared)
    ? Object.fromEntries(declared.map((state) => [state, 'units']))
    : declared;
  const states = (isList(declared) ? [...declared] : Object.keys(declared)) as State[];
  const declarations = (sizes: Sizes): P =>
    typeof parameters === 'function' ? parameters(sizes) : parameters;
  return {
    name,
    source,
    options,
    states,
    stateWidths: (sizes) => {
      checkSizes(name, sizes);
      return states.map((state) => resolveSize(widths[state], sizes));
    },
    parameters: (sizes) => {
      checkSizes(name, sizes);
      return Object.entries(declarations(sizes))
        .filter(([, { role }]) => useBias || role !== 'bias')
        .map(([key, declaration]) => shapeOf(key, declaration, sizes));
    },
    results: (sizes) => {
      checkSizes(name, sizes);
      const results = equations(rowsOf(states), handlesOf(declarations(sizes), useBias), sizes);
      const isGiven = (entry: [string, Expression | undefined]): entry is [string, Expression] =>
        entry[1] !== undefined;
      return Object.fromEntries(Object.entries(results).filter(isGiven));
    },
  };
}

const isList = (states: object): states is readonly string[] => Array.isArray(states);

function checkSizes(cell: string, sizes: Sizes): void {
  for (const key of ['inputSize', 'units'] as const) {
    if (Number.isInteger(sizes[key]) && sizes[key] > 0) continue;
    throw new RangeError(`Cell '${cell}': ${key} must be a positive whole number, but is ${sizes[key]}.`);
  }
}

function rowsOf<State extends string>(states: readonly State[]): Rows<State> {
  const rows: Record<string, Expression> = { x: new Expression({ kind: 'input' }) };
  for (const state of states) rows[state] = new Expression({ kind: 'state', state });
  return rows as Rows<State>;
}

function handlesOf<P extends ParameterDeclarations>(declarations: P, useBias: boolean): ParameterHandles<P> {
  const handles = Object.entries(declarations).map(([parameter, { form, role, blocks }]) => {
    const handle = (block: string) => {
      const reference = { parameter, block };
      if (role === 'bias' && !useBias) return new Expression({ kind: 'constant', value: 0 });
      return form === 'matrix'
        ? (operand: Expression) => new Expression({ kind: 'product', block: reference, operand })
        : new Expression({ kind: 'vector', block: reference });
    };
    return [parameter, Object.fromEntries(blocks.map((block) => [block, handle(block)]))];
  });
  return Object.fromEntries(handles);
}
