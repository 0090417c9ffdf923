import type { OperationName } from '../equations/operations.js';

/** How tightly an operator binds: a weaker one inside a stronger one needs brackets. */
export enum Binding {
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
  bracket(inner: string): string;
  infix: Partial<Record<OperationName, { readonly sign: string; readonly binding: Binding }>>;
  call(name: OperationName, operands: readonly string[]): string;
  /** Quotients that are written one above the other; null where `/` is an infix sign. */
  quotient: ((above: string, below: string) => string) | null;
}

const number = (value: number): string => String(Number(value.toPrecision(6)));

export const text: Notation = {
  input: () => 'x',
  previousState: (name) => `${name}₋`,
  result: (name) => name,
  parameter: (symbol, block) => `${symbol}_${block}`,
  product: (matrix, operand) => `${matrix} ${operand}`,
  recurrentMask: (block) => `mask_${block}`,
  number,
  bracket: (inner) => `(${inner})`,
  infix: {
    add: { sign: ' + ', binding: Binding.Sum },
    sub: { sign: ' − ', binding: Binding.Sum },
    mul: { sign: ' ⊙ ', binding: Binding.Product },
    div: { sign: ' / ', binding: Binding.Product },
  },
  call: (name, operands) => `${name === 'sigmoid' ? 'σ' : name}(${operands.join(', ')})`,
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
  previousState: (name) => `${name}_{t-1}`,
  result: (name) => `${name}_t`,
  parameter: (symbol, block) =>
    block.endsWith("'") ? `${symbol}'_{${block.slice(0, -1)}}` : `${symbol}_{${block}}`,
  product: (matrix, operand) => `${matrix} ${operand}`,
  recurrentMask: (block) => `m_{${block}}`,
  number,
  bracket: (inner) => `\\left(${inner}\\right)`,
  infix: {
    add: { sign: ' + ', binding: Binding.Sum },
    sub: { sign: ' - ', binding: Binding.Sum },
    mul: { sign: ' \\odot ', binding: Binding.Product },
  },
  call: (name, operands) => {
    if (name === 'abs') return `\\left|${operands[0]}\\right|`;
    return `${FUNCTIONS[name] ?? `\\operatorname{${name}}`}\\left(${operands.join(', ')}\\right)`;
  },
  quotient: (above, below) => `\\frac{${above}}{${below}}`,
};
