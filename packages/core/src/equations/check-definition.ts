/** Checks of a cell's definition. Plain JavaScript and saved files have no types, so everything is checked. */
import { MATRIX_ROLES, type ParameterDeclaration, VECTOR_ROLES } from './parameters.js';

const DEFINITION_KEYS = ['name', 'source', 'options', 'states', 'parameters', 'useBias', 'equations'];
const DECLARATION_KEYS = [
  'form',
  'role',
  'blocks',
  'symbol',
  'width',
  'rows',
  'groups',
  'storedRows',
  'initial',
];
const SIZE_NAMES = ['units', 'inputSize'];
/** Nothing that people write is deeper; walking through much deeper options would overflow the stack. */
const MAX_DEPTH = 100;
const RESERVED_STATES = ['x', 'output'];

/** Whether a value is a plain object. An array or an instance of a class is most often a mistake. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  // Objects of another realm have another Object.prototype; it has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value for an error message. */
export function formatValue(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (typeof value === 'string')
    return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (!Array.isArray(value)) return 'an object';
  const isShort = value.length <= 20 && value.every((item) => typeof item !== 'object' || item === null);
  return isShort ? JSON.stringify(value) : `a list of ${value.length} items`;
}

/**
 * Checks a definition except its parameters.
 * @throws TypeError naming the cell, what was given and what was expected.
 */
export function checkDefinition(definition: unknown): void {
  if (!isPlainObject(definition)) {
    throw new TypeError(
      `defineCell takes an object { name, states, parameters, equations }, but was given ${formatValue(definition)}.`,
    );
  }
  const { name, source, options, states, parameters, useBias, equations } = definition;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`A cell needs a name, a text that is not empty, but was given ${formatValue(name)}.`);
  }
  const cell = `Cell '${name}'`;
  refuseUnknownKeys(cell, definition, DEFINITION_KEYS);
  if (source !== undefined && typeof source !== 'string') {
    throw new TypeError(`${cell}: source must be a text, but is ${formatValue(source)}.`);
  }
  if (options !== undefined && !isPlainObject(options)) {
    throw new TypeError(`${cell}: options must be a plain object, but is ${formatValue(options)}.`);
  }
  for (const [option, value] of Object.entries(options ?? {}))
    checkJson(`${cell}, option '${option}'`, value);
  checkStates(cell, states);
  if (typeof parameters !== 'function' && !isPlainObject(parameters)) {
    throw new TypeError(
      `${cell}: parameters must be a plain object, or a function of the sizes that makes one, but is ${formatValue(parameters)}.`,
    );
  }
  if (useBias !== undefined && typeof useBias !== 'boolean') {
    throw new TypeError(`${cell}: useBias must be true or false, but is ${formatValue(useBias)}.`);
  }
  if (typeof equations !== 'function') {
    throw new TypeError(`${cell}: equations must be a function, but is ${formatValue(equations)}.`);
  }
}

/** A saved model stores the options as JSON to create the cell again. */
function checkJson(where: string, value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH)
    throw new TypeError(`${where}: options are nested more than ${MAX_DEPTH} levels deep.`);
  if (Array.isArray(value) || isPlainObject(value)) {
    for (const item of Object.values(value)) checkJson(where, item, depth + 1);
  } else if (value != null && !['string', 'boolean'].includes(typeof value) && !Number.isFinite(value)) {
    throw new TypeError(
      `${where}: options are saved as JSON, which has texts, booleans, finite numbers, lists and plain objects, but this is ` +
        `${formatValue(value)}.`,
    );
  }
}

function checkStates(cell: string, given: unknown): void {
  const states = isPlainObject(given) ? Object.keys(given) : given;
  if (!Array.isArray(states)) {
    throw new TypeError(
      `${cell}: states must be an array of names such as ['h', 'c'], or an object from names to widths, but is ` +
        `${formatValue(states)}.`,
    );
  }
  if (isPlainObject(given)) {
    for (const [state, size] of Object.entries(given))
      checkSize(`${cell}, state '${state}'`, 'width', size ?? null);
  }
  if (states.length === 0) throw new TypeError(`${cell} declares no state; a recurrent cell needs one.`);
  for (const state of states) checkName(`${cell}, state`, state);
  const clash = states.find(
    (state, i) => RESERVED_STATES.includes(state as string) || states.indexOf(state) !== i,
  );
  if (clash === undefined) return;
  throw new TypeError(`${cell}: the state name '${clash}' is repeated or reserved (${RESERVED_STATES}).`);
}

/**
 * Checks the name of a state, parameter, block or equation. `__proto__` cannot be one: in braces, `{ __proto__: row }` sets
 * an object's prototype instead of a property.
 */
export function checkName(what: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`${what}: a name must be a text that is not empty, but is ${formatValue(name)}.`);
  }
  if (name === '__proto__') {
    throw new TypeError(`${what}: '__proto__' cannot be a name in JavaScript objects; choose another.`);
  }
}

/** @throws TypeError naming the first key that is not known, and the known ones. */
export function refuseUnknownKeys(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new TypeError(`${what} has '${unknown}', which is unknown. Known: ${known.join(', ')}.`);
}

/**
 * Checks a cell's parameters.
 * @throws TypeError naming the cell, the parameter, what was given and what was expected.
 */
export function checkDeclarations(cell: string, declarations: unknown): void {
  if (!isPlainObject(declarations)) {
    throw new TypeError(
      `Cell '${cell}': parameters must be a plain object such as { kernel: kernel('h') }, but is ${formatValue(declarations)}.`,
    );
  }
  for (const [name, declaration] of Object.entries(declarations)) {
    checkName(`Cell '${cell}', parameter`, name);
    checkDeclaration(`Cell '${cell}', parameter '${name}'`, declaration);
  }
}

function checkDeclaration(where: string, declaration: unknown): void {
  if (!isPlainObject(declaration)) {
    throw new TypeError(
      `${where}: expected a declaration as kernel('h') or bias('h') makes it, but got ${formatValue(declaration)}.`,
    );
  }
  refuseUnknownKeys(where, declaration, DECLARATION_KEYS);
  const { form, role, blocks, symbol, storedRows, initial } = declaration;
  if (form !== 'matrix' && form !== 'vector') {
    throw new TypeError(`${where}: form must be 'matrix' or 'vector', but is ${formatValue(form)}.`);
  }
  const roles: readonly unknown[] = form === 'matrix' ? MATRIX_ROLES : VECTOR_ROLES;
  if (!roles.includes(role)) {
    throw new TypeError(
      `${where}: the role of a ${form} must be ${roles.join(' or ')}, but is ${formatValue(role)}.`,
    );
  }
  if (typeof symbol !== 'string' || symbol === '') {
    throw new TypeError(
      `${where}: symbol must be a text for printed equations, such as 'W', but is ${formatValue(symbol)}.`,
    );
  }
  checkSize(where, 'width', declaration.width);
  checkSize(where, 'rows', declaration.rows);
  const { groups } = declaration;
  if (groups !== undefined && !(Number.isInteger(groups) && (groups as number) >= 1)) {
    throw new TypeError(`${where}: groups must be a positive whole number, but is ${formatValue(groups)}.`);
  }
  checkBlocks(where, blocks);
  const count = (blocks as readonly string[]).length;
  checkStoredRows(where, form, storedRows, count);
  if (initial !== undefined) checkInitial(where, initial, blocks as readonly string[]);
}

function checkSize(where: string, what: string, size: unknown): void {
  const isSize =
    size === undefined ||
    (Number.isInteger(size) && (size as number) >= 1) ||
    SIZE_NAMES.includes(size as string) ||
    typeof size === 'function';
  if (isSize) return;
  throw new TypeError(
    `${where}: ${what} must be a positive whole number, ${SIZE_NAMES.map((name) => `'${name}'`).join(', ')} or a function of ` +
      `the sizes, but is ${formatValue(size)}.`,
  );
}

function checkBlocks(where: string, blocks: unknown): void {
  if (!Array.isArray(blocks)) {
    throw new TypeError(
      `${where}: blocks must be an array of names such as ['z', 'r'], but is ${formatValue(blocks)}.`,
    );
  }
  if (blocks.length === 0) throw new TypeError(`${where} has no block; name at least one.`);
  for (const block of blocks) checkName(`${where}, block`, block);
  const repeated = blocks.find((block, i) => blocks.indexOf(block) !== i);
  if (repeated !== undefined) throw new TypeError(`${where} names the block '${repeated}' twice.`);
}

function checkStoredRows(
  where: string,
  form: ParameterDeclaration['form'],
  storedRows: unknown,
  blocks: number,
): void {
  if (storedRows === undefined) return;
  if (!Number.isInteger(storedRows) || (storedRows as number) < 1) {
    throw new TypeError(
      `${where}: storedRows must be a positive whole number, but is ${formatValue(storedRows)}.`,
    );
  }
  if (form === 'matrix' ? storedRows !== 1 : blocks % (storedRows as number) !== 0) {
    throw new TypeError(
      `${where}: ${blocks} blocks cannot be stored in ${storedRows} rows; only a vector whose blocks divide evenly can.`,
    );
  }
}

function checkInitial(where: string, initial: unknown, blocks: readonly string[]): void {
  if (!isPlainObject(initial)) {
    throw new TypeError(
      `${where}: initial must be a plain object from blocks to numbers or lists of numbers, but is ${formatValue(initial)}.`,
    );
  }
  for (const [block, value] of Object.entries(initial)) {
    if (!blocks.includes(block)) {
      throw new TypeError(
        `${where}: initial names the unknown block '${block}'. Blocks: ${blocks.join(', ')}.`,
      );
    }
    const values = Array.isArray(value) && value.length > 0 ? value : [value];
    if (value === undefined || values.every(isDeviceNumber)) continue;
    throw new TypeError(
      `${where}: the initial value of '${block}' must be a finite float32 number, but is ${formatValue(value)}.`,
    );
  }
}

/** Whether a value is a number that is finite in float32, in which devices compute. */
export function isDeviceNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}
