import { checkDeclarations, checkDefinition, checkName, isPlainObject } from './check-definition.js';
import { Expression } from './expression.js';
import { type ParameterDeclaration, type ParameterShape, type Sizes, shapeOf } from './parameters.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration>>;

/** The parameters as the equations see them: `kernel.z` is a function of an expression, `bias.z` an expression. */
export type ParameterHandles<P extends ParameterDeclarations> = {
  readonly [K in keyof P]: P[K] extends ParameterDeclaration<infer Block, infer Form>
    ? { readonly [B in Block]: Form extends 'matrix' ? (operand: Expression) => Expression : Expression }
    : never;
};

/** The input row `x` and, by its name, the row of each state before the step. */
export type Rows<State extends string> = { readonly [K in State | 'x']: Expression };

/**
 * What the equations return: the new value of every state, any intermediate worth a name in printed equations, and
 * `output`, the row the layer returns (the first state when absent).
 */
export type Results<State extends string> = { readonly [K in State]: Expression } & {
  readonly output?: Expression;
  readonly [name: string]: Expression | undefined;
};

export interface CellDefinition<State extends string, P extends ParameterDeclarations> {
  /** Under which the cell is registered, saved and spoken of in errors. */
  readonly name: string;
  /** Where the equations come from. */
  readonly source?: string;
  /** The plain options the definition was made from, so that a saved model can make it again. */
  readonly options?: JsonObject;
  readonly states: readonly State[];
  /** The parameters in storage order; a function where they depend on the sizes. */
  readonly parameters: P | ((sizes: Sizes) => P);
  /** False leaves out every bias: the equations see zeros in its place. Default true. */
  readonly useBias?: boolean | undefined;
  /** The cell's equations for one time step. */
  readonly equations: (rows: Rows<State>, parameters: ParameterHandles<P>, sizes: Sizes) => Results<State>;
}

/** A recurrent cell: its equations and what they need. Made by `defineCell`. */
export interface Cell {
  readonly name: string;
  readonly source: string | undefined;
  readonly options: JsonObject;
  readonly states: readonly string[];
  /** The parameters for given sizes, in storage order. */
  readonly parameters: (sizes: Sizes) => ParameterShape[];
  /** The results of the equations, by name, as expressions. */
  readonly results: (sizes: Sizes) => Readonly<Record<string, Expression>>;
}

/**
 * A cell from its equations. Everything else — reference, gradient, kernels, documentation — is derived from them.
 *
 * @throws TypeError naming the cell and what is wrong: a part of the definition that is missing, unknown or of the wrong
 *   kind, no state, a reserved or repeated name. Where parameters depend on the sizes, those of the first use.
 */
export function defineCell<const State extends string, P extends ParameterDeclarations>(
  definition: CellDefinition<State, P>,
): Cell {
  checkDefinition(definition);
  const { name, states, source, options = {}, useBias = true } = definition;
  const declarations = (sizes: Sizes): P => {
    const { parameters } = definition;
    if (typeof parameters !== 'function') return parameters;
    const made = parameters(sizes);
    checkDeclarations(name, made);
    return made;
  };
  if (typeof definition.parameters !== 'function') checkDeclarations(name, definition.parameters);
  return {
    name,
    source,
    options,
    states,
    parameters: (sizes) => {
      const checked = checkSizes(name, sizes);
      return Object.entries(declarations(checked))
        .filter(([, { role }]) => useBias || role !== 'bias')
        .map(([key, declaration]) => shapeOf(key, declaration, checked));
    },
    results: (sizes) => {
      const checked = checkSizes(name, sizes);
      const results = definition.equations(
        rowsOf(states),
        handlesOf(name, declarations(checked), useBias),
        checked,
      );
      return checkResults(name, states, results);
    },
  };
}

function checkSizes(cell: string, sizes: Sizes): Sizes {
  for (const key of ['inputSize', 'units'] as const) {
    if (Number.isInteger(sizes[key]) && sizes[key] > 0) continue;
    throw new RangeError(`Cell '${cell}': ${key} must be a positive whole number, but is ${sizes[key]}.`);
  }
  return sizes;
}

function rowsOf<State extends string>(states: readonly State[]): Rows<State> {
  const rows: Record<string, Expression> = { x: new Expression({ kind: 'input' }) };
  for (const state of states) rows[state] = new Expression({ kind: 'state', state });
  return rows as Rows<State>;
}

function handlesOf<P extends ParameterDeclarations>(
  cell: string,
  declarations: P,
  useBias: boolean,
): ParameterHandles<P> {
  const handles = Object.entries(declarations).map(([parameter, { form, role, blocks }]) => {
    const handle = (block: string) => {
      const reference = { parameter, block };
      if (role === 'bias' && !useBias) return new Expression({ kind: 'constant', value: 0 });
      return form === 'matrix'
        ? (operand: Expression) => new Expression({ kind: 'product', block: reference, operand })
        : new Expression({ kind: 'vector', block: reference });
    };
    const blockHandles = Object.fromEntries(blocks.map((block) => [block, handle(block)]));
    return [parameter, refuseUnknown(blockHandles, `Cell '${cell}': '${parameter}' has no block`)];
  });
  const all = Object.fromEntries(handles);
  return refuseUnknown(all, `Cell '${cell}' declares no parameter`) as ParameterHandles<P>;
}

/** The same object, except that a name it does not have is an error that lists those it has. */
function refuseUnknown<T extends object>(known: T, complaint: string): T {
  return new Proxy(known, {
    get: (target, name) => {
      if (typeof name === 'symbol' || Object.hasOwn(target, name)) return Reflect.get(target, name);
      throw new TypeError(`${complaint} '${name}'. Declared: ${Object.keys(target).join(', ')}.`);
    },
  });
}

function checkResults(
  cell: string,
  states: readonly string[],
  results: Readonly<Record<string, Expression | undefined>>,
): Readonly<Record<string, Expression>> {
  if (!isPlainObject(results)) {
    throw new TypeError(`Cell '${cell}': the equations must return an object, { ${states.join(', ')} }.`);
  }
  for (const state of states) {
    if (Object.hasOwn(results, state) && results[state] !== undefined) continue;
    const given = Object.keys(results).join(', ') || 'nothing';
    throw new TypeError(`Cell '${cell}': the equations must return a new '${state}', but returned ${given}.`);
  }
  const complete: Record<string, Expression> = {};
  for (const [name, value] of Object.entries(results)) {
    if (value === undefined) continue;
    checkName(`Cell '${cell}', equation`, name);
    if (!(value instanceof Expression)) {
      throw new TypeError(
        `Cell '${cell}', equation '${name}': expected an expression, but got ${typeof value}.`,
      );
    }
    complete[name] = value;
  }
  return complete;
}
