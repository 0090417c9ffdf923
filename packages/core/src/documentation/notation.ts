import type { OperationName } from '../equations/operations.js';

/** How tightly an operator binds: a weaker one inside a stronger one needs brackets. */
export enum Binding {
  /** A leading minus sign: fine at the beginning, not behind another sign. */
  Sign = 0,
  Sum = 1,
  Product = 2,
  Tight = 3,
}

/** One way to write equations down. */
export interface Notation {
  input(): string;
  previousState(name: string): string;
  result(name: string): string;
  parameter(symbol: string, block: string): string;
  product(matrix: string, operand: string): string;
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
const texNumber = (value: number): string => number(value).replace(/e\+?(-?\d+)$/, ' \\cdot 10^{$1}');

/** Names of several letters stand upright, so that they are not read as products. */
const texName = (name: string): string => (name.length > 1 ? `\\mathrm{${name}}` : name);

/** Written in Iverson's brackets: 1 where it holds, else 0. */
const COMPARISONS: Partial<Record<OperationName, { readonly text: string; readonly tex: string }>> = {
  greater: { text: '>', tex: '>' },
  greaterEqual: { text: '≥', tex: '\\ge' },
};

const TEXT_NAMES: Partial<Record<OperationName, string>> = { sigmoid: 'σ', select: 'where' };

export const text: Notation = {
  input: () => 'x',
  previousState: (name) => `${name}₋`,
  result: (name) => name,
  parameter: (symbol, block) => `${symbol}_${block}`,
  product: (matrix, operand) => `${matrix} ${operand}`,
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

export const tex: Notation = {
  input: () => 'x_t',
  previousState: (name) => `${texName(name)}_{t-1}`,
  result: (name) => `${texName(name)}_t`,
  parameter: (symbol, block) => {
    const primed = block.endsWith("'");
    return `${symbol}${primed ? "'" : ''}_{${texName(primed ? block.slice(0, -1) : block)}}`;
  },
  product: (matrix, operand) => `${matrix} ${operand}`,
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
