/** Checks of a cell that is plain data. It may come from a file that anyone wrote, so everything is checked and bounded. */
import {
  checkDeclarations,
  checkDefinition,
  checkName,
  formatValue,
  isDeviceNumber,
  isPlainObject,
  refuseUnknownKeys,
} from '../equations/check-definition.js';
import { operations } from '../equations/operations.js';
import { rowOperations } from '../equations/row-operations.js';
import type { Traced } from '../graph/trace.js';

type Json = Readonly<Record<string, unknown>>;

/** The longest row and the longest list of data. Equations that a person writes are far below. */
const MAX_WIDTH = 2 ** 24;
const MAX_ITEMS = 10_000;
const MAX_PRODUCTS = 2000;

const DATA_KEYS = [
  'name',
  'source',
  'options',
  'inputSize',
  'units',
  'states',
  'parameters',
  'terms',
  'results',
];

/** The keys of each kind of term. */
const TERM_KEYS: Readonly<Record<string, readonly string[]>> = {
  input: [],
  state: ['state'],
  vector: ['block'],
  constant: ['value'],
  product: ['block', 'operand'],
  operation: ['name', 'inputs'],
  rowOperation: ['name', 'parts', 'operand'],
  mean: ['operand', 'parts'],
  spread: ['operand', 'like', 'parts'],
  zeros: ['length'],
  concat: ['inputs'],
  slice: ['operand', 'start', 'length'],
  part: ['operand', 'index', 'parts'],
};

/**
 * Checks all of the data but the lengths of rows, which tracing checks.
 * @throws TypeError naming the cell and the part of the data, what was given and what was expected.
 */
export function checkCellData(data: unknown): void {
  if (!isPlainObject(data)) {
    throw new TypeError(
      `A cell's data must be an object as cellToData makes it, but is ${formatValue(data)}.`,
    );
  }
  const { name, source, options, inputSize, units } = data;
  const where = `The data of cell ${formatValue(name)}`;
  refuseUnknownKeys(where, data, DATA_KEYS);
  const states = listOf(where, 'states', data.states);
  const names = states.map((state) => state.name);
  checkDefinition({ name, source, options, states: names, parameters: {}, equations: checkCellData });
  checkCount(`${where}: inputSize`, inputSize);
  checkCount(`${where}: units`, units);
  states.forEach((state, i) => {
    refuseUnknownKeys(`${where}: states[${i}]`, state, ['name', 'width']);
    checkCount(`${where}: the width of states[${i}]`, state.width);
  });
  const parameters = checkParameters(where, name as string, data.parameters);
  checkTerms(where, names as string[], parameters, listOf(where, 'terms', data.terms));
  checkResults(where, names as string[], data);
}

/** Refuses rows that no device could hold. @throws TypeError naming the cell. */
export function checkTracedCell(cell: string, { builder }: Traced): void {
  const longest = builder.widths.find((width) => width > MAX_WIDTH);
  if (longest === undefined) return;
  throw new TypeError(
    `The data of cell '${cell}' has a row of ${longest} numbers; at most ${MAX_WIDTH} are possible.`,
  );
}

function listOf(where: string, what: string, value: unknown): readonly Json[] {
  if (!Array.isArray(value)) {
    throw new TypeError(`${where}: ${what} must be a list, but is ${formatValue(value)}.`);
  }
  checkLength(`${where}: ${what}`, value.length);
  const wrong = value.findIndex((item) => !isPlainObject(item));
  if (wrong < 0) return value;
  throw new TypeError(`${where}: ${what}[${wrong}] must be an object, but is ${formatValue(value[wrong])}.`);
}

function checkLength(what: string, length: number, most = MAX_ITEMS): void {
  if (length > most) throw new TypeError(`${what} has ${length} items; at most ${most} are possible.`);
}

function checkCount(what: string, value: unknown, least = 1): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_WIDTH) return;
  throw new TypeError(
    `${what} must be a whole number from ${least} to ${MAX_WIDTH}, but is ${formatValue(value)}.`,
  );
}

/** The blocks of each parameter, and what a product with it costs. */
type Parameters = ReadonlyMap<string, { form: unknown; blocks: readonly unknown[]; groups: number }>;

function checkParameters(where: string, cell: string, given: unknown): Parameters {
  const checked = new Map<string, { form: unknown; blocks: readonly unknown[]; groups: number }>();
  let count = 0;
  for (const { name, ...declaration } of listOf(where, 'parameters', given)) {
    checkName(`${where}, parameter`, name);
    const parameter = `${where}, parameter '${name}'`;
    if (checked.has(name as string)) throw new TypeError(`${parameter} is there twice.`);
    const { blocks, form, width, rows, groups = 1 } = declaration;
    count += Array.isArray(blocks) ? blocks.length : 0;
    checkLength(`${where}: the list of the blocks of all parameters`, count);
    checkDeclarations(cell, { [name as string]: declaration });
    checkCount(`${parameter}: width`, width);
    if (form === 'matrix' || rows !== undefined) checkCount(`${parameter}: rows`, rows);
    checked.set(name as string, { form, blocks: blocks as unknown[], groups: groups as number });
  }
  return checked;
}

function checkTerms(
  where: string,
  states: readonly string[],
  parameters: Parameters,
  terms: readonly Json[],
): void {
  let products = 0;
  let operands = 0;
  /** Of how many rows each term may be put together. */
  const pieces: number[] = [];
  for (const [i, term] of terms.entries()) {
    const at = `${where}: terms[${i}]`;
    const { kind } = term;
    if (typeof kind !== 'string' || !Object.hasOwn(TERM_KEYS, kind)) {
      throw new TypeError(
        `${at} has the unknown kind ${formatValue(kind)}. Known: ${Object.keys(TERM_KEYS).join(', ')}.`,
      );
    }
    const keys = TERM_KEYS[kind];
    refuseUnknownKeys(at, term, ['kind', ...keys]);
    for (const key of keys) checkTermPart(at, i, key, term, states, parameters);
    operands += Array.isArray(term.inputs) ? term.inputs.length : 0;
    checkLength(`${where}: the lists of operands of all terms`, operands);
    pieces.push(piecesOf(term, pieces));
    if (kind !== 'product') continue;
    // Tracing makes a product of each group with each of the rows that are put together.
    const groups = parameters.get((term.block as Json).parameter as string)?.groups ?? 1;
    products += groups * pieces[term.operand as number];
    checkLength(`${where}: the list of products with parts of matrices`, products, MAX_PRODUCTS);
  }
}

/** Operations that tracing may leave out, so that their result is the operand. */
const LEFT_OUT = ['identity', 'add', 'sub', 'mul', 'div', 'neg', 'select'];

function piecesOf({ kind, name, inputs, operand }: Json, pieces: readonly number[]): number {
  const list = (Array.isArray(inputs) ? inputs : typeof operand === 'number' ? [operand] : []) as number[];
  const most = list.reduce((longest, input) => Math.max(longest, pieces[input]), 1);
  if (kind === 'concat') return Math.max(list.length, most);
  return kind === 'product' || (kind === 'operation' && !LEFT_OUT.includes(name as string)) ? 1 : most;
}

function checkTermPart(
  at: string,
  index: number,
  key: string,
  term: Json,
  states: readonly string[],
  parameters: Parameters,
): void {
  const value = term[key];
  const what = `${at}: ${key}`;
  const isOperation = term.kind === 'operation';
  const known: Readonly<Record<string, unknown>> = isOperation ? operations : rowOperations;
  if (key === 'operand' || key === 'like') checkOperand(what, value, index);
  else if (key === 'inputs') checkInputs(what, term, index);
  else if (key === 'parts' || key === 'length') checkCount(what, value);
  else if (key === 'start') checkCount(what, value, 0);
  else if (key === 'block')
    checkBlock(what, value, term.kind === 'product' ? 'matrix' : 'vector', parameters);
  else if (key === 'index') {
    checkCount(what, value, 0);
    if ((value as number) < (term.parts as number)) return;
    throw new TypeError(`${what} must be below parts, but is ${formatValue(value)}.`);
  } else if (key === 'value') {
    if (isDeviceNumber(value)) return;
    throw new TypeError(`${what} must be a finite float32 number, but is ${formatValue(value)}.`);
  } else if (key === 'state') {
    if (states.includes(value as string)) return;
    throw new TypeError(`${what} must be one of ${states.join(', ')}, but is ${formatValue(value)}.`);
  } else if (typeof value !== 'string' || !Object.hasOwn(known, value)) {
    throw new TypeError(
      `${what} is the unknown operation ${formatValue(value)}. Known: ${Object.keys(known).join(', ')}.`,
    );
  }
}

function checkOperand(what: string, value: unknown, index: number): void {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < index) return;
  throw new TypeError(`${what} must be the index of a term before this one, but is ${formatValue(value)}.`);
}

function checkInputs(what: string, { kind, name, inputs }: Json, index: number): void {
  if (!Array.isArray(inputs)) throw new TypeError(`${what} must be a list, but is ${formatValue(inputs)}.`);
  const expected = kind === 'operation' ? operations[name as keyof typeof operations].arity : undefined;
  if (expected === undefined ? inputs.length === 0 : inputs.length !== expected) {
    throw new TypeError(`${what} must have ${expected ?? 'at least 1'} items, but has ${inputs.length}.`);
  }
  for (const input of inputs) checkOperand(what, input, index);
}

function checkBlock(what: string, value: unknown, form: string, parameters: Parameters): void {
  const { parameter, block } = isPlainObject(value) ? value : {};
  const declared = parameters.get(parameter as string);
  if (isPlainObject(value) && declared?.form === form && declared.blocks.includes(block)) {
    refuseUnknownKeys(what, value, ['parameter', 'block']);
    return;
  }
  const given = isPlainObject(value)
    ? `${formatValue(parameter)}, ${formatValue(block)}`
    : formatValue(value);
  throw new TypeError(`${what} must be { parameter, block } of a declared ${form}, but is ${given}.`);
}

function checkResults(where: string, states: readonly string[], { results, terms }: Json): void {
  const names = new Set<unknown>();
  const count = (terms as readonly unknown[]).length;
  for (const [i, result] of listOf(where, 'results', results).entries()) {
    const at = `${where}: results[${i}]`;
    refuseUnknownKeys(at, result, ['name', 'term']);
    checkName(`${at}`, result.name);
    checkOperand(`${at}: term`, result.term, count);
    if (names.has(result.name)) throw new TypeError(`${where} has the result '${result.name}' twice.`);
    names.add(result.name);
  }
  const missing = states.find((state) => !names.has(state));
  if (missing !== undefined) throw new TypeError(`${where} has no result for the state '${missing}'.`);
}
