/** A cell from equations as papers write them. */
import type { ActivationSetting } from '../equations/activations.js';
import { activation } from '../equations/activations.js';
import { isPlainObject, refuseUnknownKeys } from '../equations/check-definition.js';
import type { Cell } from '../equations/make-cell.js';
import { MATRIX_ROLES, type ParameterRole, VECTOR_ROLES } from '../equations/parameters.js';
import { buildCell } from './build.js';
import { Declarations, mergeOptions } from './declarations.js';
import { elaborate } from './elaborate.js';
import { CellTextError } from './error.js';
import { equationsOfExplanation } from './explanation.js';
import { tokensOf } from './lex.js';
import type { CellTextOptions, CellTextParameter } from './options.js';
import { parseEquations } from './parse.js';
import { resolveNames } from './resolve.js';
import { type DeclaredBlock, Unknowns } from './unknowns.js';

export { CellTextError } from './error.js';
export type { CellTextOptions, CellTextParameter } from './options.js';

/**
 * A cell from equations as plain text, one on a line: `z = sigmoid(Wz x + Uz h + bz)`. Multiplication number by number is `⊙` or
 * `*`, a row of the step before `h_prev`, `h₋`, `h[t-1]`, `h_{t-1}`; without such a mark it is a name that stands before its own
 * equation. `[a, b]` are rows one behind the other. What `explain` prints is such a text.
 *
 * An unknown name that multiplies a row is a matrix, another one a vector; `W_z` and `W_r` are blocks of one parameter. Lines
 * such as `output: h` say what the equations do not, as the options do.
 *
 * @throws CellTextError, a TypeError with the line and column of the mistake, what was found and what was expected.
 */
export function cellFromText(source: string, options: CellTextOptions = {}): Cell {
  return readCell('cellFromText', source, options, false);
}

/**
 * A cell from equations in LaTeX: `z_t = \sigma(W_z \cdot [h_{t-1}, x_t] + b_z)`. Each letter is a name; names of several letters
 * are in `\mathrm{}` or a command like it. Environments, alignment and the size of brackets do not matter. Equations end with
 * `\\`; in a text without it, with the line. Declarations are comments: `% output: h`. What `latex` prints is such a text.
 *
 * @throws CellTextError as `cellFromText`.
 */
export function cellFromLatex(source: string, options: CellTextOptions = {}): Cell {
  return readCell('cellFromLatex', source, options, true);
}

function readCell(caller: string, text: string, given: CellTextOptions, isLatex: boolean): Cell {
  checkArguments(caller, text, given);
  const { source, title } = isLatex ? { source: text, title: {} } : equationsOfExplanation(text);
  const declarations = new Declarations(source);
  const tokens = tokensOf(source, isLatex, (line, start, isComment) =>
    declarations.read(line, start, isComment),
  );
  const options = mergeOptions({ ...title, ...declarations.found }, given);
  const functions = new Map(Object.entries(options.functions ?? {}));
  checkFunctions(source, functions);
  const equations = parseEquations(source, tokens, new Set(functions.keys()));
  if (equations.length === 0) {
    throw new CellTextError(
      source,
      0,
      1,
      'found no equation, expected one such as h_t = tanh(W x_t + U h_{t-1}).',
    );
  }
  const resolved = resolveNames(source, equations, options);
  const parameters = withRoles(source, options.parameters ?? {});
  const unknowns = new Unknowns(resolved, (symbol, label) => declaredBlock(parameters, symbol, label));
  const elaborated = elaborate(source, resolved, unknowns, functions);
  try {
    return buildCell(source, resolved, elaborated, { ...options, parameters });
  } catch (error) {
    if (!(error instanceof TypeError) || error instanceof CellTextError) throw error;
    // The definition of the cell refuses a declaration.
    const [, parameter = ''] = /parameter '(.*?)'/.exec(error.message) ?? [];
    const { start, end } = declarations.places.get(parameter) ?? equations[0].left;
    throw new CellTextError(source, start, end, error.message);
  }
}

const OPTION_KEYS = 'name source input states output widths functions parameters sizes parts'.split(' ');
const PARAMETER_KEYS = 'symbol role blocks width rows groups storedRows initial'.split(' ');

function checkArguments(caller: string, text: unknown, options: unknown): void {
  if (typeof text !== 'string') {
    throw new TypeError(`${caller}: expected the equations as a text, but was given ${typeof text}.`);
  }
  if (!isPlainObject(options)) throw new TypeError(`${caller}: the options must be a plain object.`);
  refuseUnknownKeys(`${caller}: the object of options`, options, OPTION_KEYS);
  for (const key of ['widths', 'functions', 'parameters'] as const) {
    if (options[key] === undefined || isPlainObject(options[key])) continue;
    throw new TypeError(`${caller}: ${key} must be a plain object from names to values.`);
  }
  for (const key of ['states', 'parts'] as const) {
    if (options[key] === undefined || Array.isArray(options[key])) continue;
    throw new TypeError(`${caller}: ${key} must be a list of names, such as ['h', 'c'].`);
  }
  for (const [name, parameter] of Object.entries(options.parameters ?? {})) {
    if (!isPlainObject(parameter))
      throw new TypeError(`${caller}: the parameter '${name}' must be a plain object.`);
    refuseUnknownKeys(`${caller}: the parameter '${name}'`, parameter, PARAMETER_KEYS);
  }
}

function checkFunctions(source: string, functions: ReadonlyMap<string, ActivationSetting>): void {
  for (const [word, setting] of functions) {
    try {
      activation(setting, `The function '${word}': `);
    } catch (error) {
      throw new CellTextError(source, 0, 1, (error as Error).message);
    }
  }
}

type Roles = Readonly<Record<string, CellTextParameter & { readonly role: ParameterRole }>>;

const SYMBOLS: Readonly<Record<ParameterRole, string>> = {
  kernel: 'W',
  recurrentKernel: 'U',
  projection: 'P',
  recurrentVector: 'v',
  bias: 'b',
};

/** Declared parameters with their roles and symbols. */
function withRoles(source: string, parameters: Readonly<Record<string, CellTextParameter>>): Roles {
  const entries = Object.entries(parameters).map(([name, parameter]) => {
    const role = parameter.role ?? (Object.hasOwn(SYMBOLS, name) ? (name as ParameterRole) : undefined);
    if (role === undefined) {
      throw new CellTextError(
        source,
        0,
        1,
        `the declared parameter '${name}' has no role. Give it one of ${Object.keys(SYMBOLS).join(', ')}.`,
      );
    }
    const symbol = parameter.symbol ?? (name === role ? SYMBOLS[role] : name);
    return [name, { ...parameter, role, symbol }] as const;
  });
  return Object.fromEntries(entries);
}

/** The declared parameter to which a name belongs: that of its symbol, and of its block if blocks are declared. */
function declaredBlock(
  parameters: Roles,
  symbol: string,
  label: string | undefined,
): DeclaredBlock | undefined {
  const ofSymbol = Object.entries(parameters).filter(([, parameter]) => parameter.symbol === symbol);
  const found =
    ofSymbol.find(([, { blocks }]) => label !== undefined && blocks?.includes(label)) ??
    ofSymbol.find(([, { blocks }]) => blocks === undefined || (label === undefined && blocks.length === 1));
  if (!found) return undefined;
  const [parameter, { role }] = found;
  const isVector = (VECTOR_ROLES as readonly string[]).includes(role);
  return {
    parameter,
    form: isVector ? 'vector' : (MATRIX_ROLES as readonly string[]).includes(role) ? 'matrix' : undefined,
  };
}
