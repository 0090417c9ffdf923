import type { NodeId, OperationName } from '../equations/operations.js';
import type { RowOperationName } from '../equations/row-operations.js';
import { texLetter } from './letters.js';
import type { RowFunctionName } from './row-functions.js';

/** How tightly an operator binds: a weaker one inside a stronger one needs brackets. */
export enum Binding {
  /** A leading minus sign: fine at the beginning, not behind another sign. */
  Sign = 0,
  Sum = 1,
  Product = 2,
  Tight = 3,
}

/** From a number of a row, counted from 0, to the number before the end. */
export type Range = readonly [start: number, end: number];

/** One way to write equations down. */
export interface Notation {
  input(): string;
  previousState(name: string): string;
  result(name: string): string;
  /** @param parameter its place in the plan: several may have the same symbol. */
  parameter(symbol: string, block: string, parameter: number): string;
  product(matrix: string, operand: string): string;
  /** Rows and columns `[start, end]` of a matrix, counted from 0, without the end; null for all of them. */
  matrixPart(matrix: string, rows: Range | null, columns: Range | null): string;
  slice(row: string, range: Range): string;
  concat(rows: readonly string[], values: readonly NodeId[]): string;
  rowOperation(name: RowOperationName, row: string, parts: number, width: number, operand: NodeId): string;
  /** Functions that are written by their name; null where they are written as their operations. */
  rowFunction: ((name: RowFunctionName, row: string, parts: number) => string) | null;
  recurrentMask(block: string): string;
  number(value: number): string;
  /** The sign before a negated value. */
  minus: string;
  /** The sign between a number and what it scales; `⊙` is for rows. */
  times: string;
  bracket(inner: string): string;
  infix: Partial<Record<OperationName, { readonly sign: string; readonly binding: Binding }>>;
  /** @param areNumbers which operands are numbers. */
  call(name: OperationName, operands: readonly string[], areNumbers: readonly boolean[]): string;
  /** Quotients that are written one above the other; null where `/` is an infix sign. */
  quotient: ((above: string, below: string) => string) | null;
}

const number = (value: number): string => String(Number(value.toPrecision(6)));

/** `1.5e-7` as `1.5 \\cdot 10^{-7}`. */
const texPower = (digits: string): string => digits.replace(/e\+?(-?\d+)$/, ' \\cdot 10^{$1}');
const texNumber = (value: number): string => texPower(number(value));

/** Names of several letters stand upright, so that they are not read as products. */
const texName = (name: string): string => texLetter(name) ?? `\\mathrm{${name}}`;

/** Written in Iverson's brackets: 1 where it holds, else 0. */
const COMPARISONS: Partial<Record<OperationName, { readonly text: string; readonly tex: string }>> = {
  greater: { text: '>', tex: '>' },
  greaterEqual: { text: '≥', tex: '\\ge' },
};

/** Row operations and functions as in `@sluice/core/equations`. */
export const ROW_NAMES: Readonly<Record<RowOperationName, string>> = {
  sumWithin: 'sum',
  maxWithin: 'max',
  sumAcross: 'sumParts',
  repeat: 'repeat',
  tile: 'tile',
};

const textRange = ([start, end]: Range): string => `${start}:${end}`;
/** `max(row, 2)` is the larger number of each two, so the number of parts is an index of `max`. */
const textRowCall = (name: string, row: string, parts: number): string => {
  if (parts === 1) return `${name}(${row})`;
  return name === 'max' ? `max_${parts}(${row})` : `${name}(${row}, ${parts})`;
};

const TEXT_NAMES: Partial<Record<OperationName, string>> = { sigmoid: 'σ', select: 'where' };

export const text: Notation = {
  input: () => 'x',
  previousState: (name) => `${name}₋`,
  result: (name) => name,
  parameter: (symbol, block) => `${symbol}_${block}`,
  product: (matrix, operand) => `${matrix} ${operand}`,
  matrixPart: (matrix, rows, columns) =>
    `${matrix}[${rows ? textRange(rows) : ':'}${columns ? `, ${textRange(columns)}` : ''}]`,
  slice: (row, range) => `${row}[${textRange(range)}]`,
  concat: (rows) => `[${rows.join(', ')}]`,
  rowOperation: (name, row, parts) => textRowCall(ROW_NAMES[name], row, parts),
  rowFunction: textRowCall,
  recurrentMask: (block) => `mask_${block}`,
  number: (value) => number(value).replace('-', '−'),
  minus: '−',
  times: ' · ',
  bracket: (inner) => `(${inner})`,
  infix: {
    add: { sign: ' + ', binding: Binding.Sum },
    sub: { sign: ' − ', binding: Binding.Sum },
    mul: { sign: ' ⊙ ', binding: Binding.Product },
    div: { sign: ' / ', binding: Binding.Product },
  },
  call: (name, operands) => {
    const comparison = COMPARISONS[name];
    if (comparison) return `[${operands.join(` ${comparison.text} `)}]`;
    return `${TEXT_NAMES[name] ?? name}(${operands.join(', ')})`;
  },
  quotient: null,
};

const FUNCTIONS: Partial<Record<OperationName, string>> = {
  sigmoid: '\\sigma',
  tanh: '\\tanh',
  exp: '\\exp',
  log: '\\ln',
  max: '\\max',
  min: '\\min',
};

const texRange = ([start, end]: Range): string => `${start}{:}${end}`;
const texRowCall = (name: string, row: string, parts: number): string => {
  const operator = name === 'max' ? '\\max' : `\\operatorname{${name}}`;
  return `${operator}${parts === 1 ? '' : `_{${parts}}`}\\left(${row}\\right)`;
};

export const tex: Notation = {
  input: () => 'x_t',
  previousState: (name) => `${texName(name)}_{t-1}`,
  result: (name) => `${texName(name)}_t`,
  parameter: (symbol, block) => {
    const primed = block.endsWith("'");
    return `${texName(symbol)}${primed ? "'" : ''}_{${texName(primed ? block.slice(0, -1) : block)}}`;
  },
  product: (matrix, operand) => `${matrix} ${operand}`,
  matrixPart: (matrix, rows, columns) =>
    `${matrix}\\left[${rows ? texRange(rows) : ':'}${columns ? `, ${texRange(columns)}` : ''}\\right]`,
  slice: (row, range) => `${row}\\left[${texRange(range)}\\right]`,
  concat: (rows) => `\\left[${rows.join(',\\; ')}\\right]`,
  rowOperation: (name, row, parts) => texRowCall(ROW_NAMES[name], row, parts),
  rowFunction: texRowCall,
  recurrentMask: (block) => `m_{${texName(block)}}`,
  number: texNumber,
  minus: '-',
  times: ' \\cdot ',
  bracket: (inner) => `\\left(${inner}\\right)`,
  infix: {
    add: { sign: ' + ', binding: Binding.Sum },
    sub: { sign: ' - ', binding: Binding.Sum },
    mul: { sign: ' \\odot ', binding: Binding.Product },
  },
  call: (name, operands) => {
    if (name === 'abs') return `\\left|${operands[0]}\\right|`;
    if (name === 'sqrt') return `\\sqrt{${operands[0]}}`;
    const comparison = COMPARISONS[name];
    if (comparison) return `\\left[${operands.join(` ${comparison.tex} `)}\\right]`;
    if (name === 'select') {
      const [condition, chosen, otherwise] = operands;
      return `\\begin{cases} ${chosen} & \\text{if } ${condition} \\\\ ${otherwise} & \\text{otherwise} \\end{cases}`;
    }
    return `${FUNCTIONS[name] ?? `\\operatorname{${name}}`}\\left(${operands.join(', ')}\\right)`;
  },
  quotient: (above, below) => `\\frac{${above}}{${below}}`,
};

/** The same notation with all digits of numbers, so that they can be read back. */
export const exactText: Notation = {
  ...text,
  number: (value) => String(value).replaceAll('-', '−'),
};

export const exactTex: Notation = { ...tex, number: (value) => texPower(String(value)) };
