/** Equations as Python with PyTorch. */
import { Binding, type Notation } from '../documentation/notation.js';
import type { NodeId, OperationName } from '../equations/operations.js';
import type { RowOperationName } from '../equations/row-operations.js';

/** Names that the printed module uses itself. */
const TAKEN = ['x', 'self', 'torch', 'nn', 'states', 'mask', 'reverse', 'projections', 'like'];

const PYTHON_KEYWORDS =
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case type print'.split(
    ' ',
  );

/** Gives every name of the equations an identifier of its own. */
export class PythonNames {
  private readonly used = new Set([...TAKEN, ...PYTHON_KEYWORDS]);
  private readonly identifiers = new Map<string, string>();

  /**
   * The identifier for a name: the name itself if Python allows it and it is free.
   * @param kind distinguishes equal names of different things: a state, a block of a parameter.
   */
  of(kind: string, name: string): string {
    const key = `${kind} ${name}`;
    const existing = this.identifiers.get(key);
    if (existing !== undefined) return existing;
    const plain = name.replaceAll("'", '_prime').replace(/[^A-Za-z0-9_]/g, '_');
    const start = /^[A-Za-z]/.test(plain) ? plain : `v${plain}`;
    let identifier = start;
    for (let i = 2; this.used.has(identifier); i++) identifier = `${start}_${i}`;
    this.used.add(identifier);
    this.identifiers.set(key, identifier);
    return identifier;
  }
}

const oneOperand =
  (name: string) =>
  ([operand]: readonly string[]): string =>
    `${name}(${operand})`;

/** A comparison is 1 where it holds, else 0. */
const comparison =
  (sign: string) =>
  ([a, b]: readonly string[]): string =>
    `(${a} ${sign} ${b}).to(x.dtype)`;

const extremum =
  (name: 'max' | 'min', bound: 'min' | 'max') =>
  (operands: readonly string[], areNumbers: readonly boolean[]): string => {
    const number = areNumbers.indexOf(true);
    if (number < 0) return `torch.${name}imum(${operands.join(', ')})`;
    return `torch.clamp(${operands[1 - number]}, ${bound}=${operands[number]})`;
  };

type Call = (operands: readonly string[], areNumbers: readonly boolean[]) => string;

/** The operations that are calls. The compiler checks that they are complete. */
const CALLS: Readonly<
  Record<Exclude<OperationName, 'identity' | 'add' | 'sub' | 'mul' | 'div' | 'neg' | 'oneMinus'>, Call>
> = {
  max: extremum('max', 'min'),
  min: extremum('min', 'max'),
  greater: comparison('>'),
  greaterEqual: comparison('>='),
  select: ([condition, chosen, otherwise], [, isNumber, isOtherNumber]) => {
    // Of two numbers, torch.where makes a float32 tensor.
    const value = isNumber && isOtherNumber ? `x.new_tensor(${chosen})` : chosen;
    return `torch.where(${condition} != 0, ${value}, ${otherwise})`;
  },
  abs: oneOperand('torch.abs'),
  sign: oneOperand('torch.sign'),
  sigmoid: oneOperand('torch.sigmoid'),
  tanh: oneOperand('torch.tanh'),
  exp: oneOperand('torch.exp'),
  log: oneOperand('torch.log'),
  sqrt: oneOperand('torch.sqrt'),
  // By default torch's softplus is the identity above 20, which is not exact in float64.
  softplus: ([a]) => `nn.functional.softplus(${a}, threshold=40.0)`,
  erf: oneOperand('torch.erf'),
};

/** The operations on whole rows. `size` is the length of a part. */
const ROW_CALLS: Readonly<Record<RowOperationName, (row: string, parts: number, size: number) => string>> = {
  sumWithin: (row, parts, size) =>
    parts === 1 ? `torch.sum(${row}, -1, keepdim=True)` : `torch.sum(${partsOf(row, parts, size)}, -1)`,
  // Unlike max, amax shares the gradient between equal numbers, as the reference does.
  maxWithin: (row, parts, size) =>
    parts === 1 ? `torch.amax(${row}, -1, keepdim=True)` : `torch.amax(${partsOf(row, parts, size)}, -1)`,
  sumAcross: (row, parts, size) => `torch.sum(${partsOf(row, parts, size)}, -2)`,
  repeat: (row, parts) => `torch.repeat_interleave(${row}, ${parts}, -1)`,
  tile: (row, parts) => `torch.cat([${row}] * ${parts}, dim=-1)`,
};

const partsOf = (row: string, parts: number, size: number): string =>
  `torch.unflatten(${row}, -1, (${parts}, ${size}))`;

/**
 * @param names the identifiers of this module.
 * @param toRow makes a value a row for each sequence of the batch.
 * @param isNumber whether a value is a number, which is no tensor.
 */
export const pythonNotation = (
  names: PythonNames,
  toRow: (written: string, id: NodeId) => string,
  isNumber: (id: NodeId) => boolean,
): Notation => ({
  input: () => 'x',
  previousState: (name) => names.of('previous', `${name}_previous`),
  result: (name) => names.of('result', name),
  parameter: (symbol, block, parameter) => names.of(`parameter ${parameter}`, `${symbol}_${block}`),
  product: (matrix, operand) => `${operand} @ ${matrix}`,
  matrixPart: (matrix, rows, columns) =>
    `${matrix}[${[rows, columns].map((range) => (range ? range.join(':') : ':')).join(', ')}]`,
  slice: (row, [start, end]) => `${row}[..., ${start}:${end}]`,
  concat: (rows, values) => `torch.cat([${rows.map((row, i) => toRow(row, values[i])).join(', ')}], dim=-1)`,
  rowOperation: (name, row, parts, width, operand) =>
    ROW_CALLS[name](isNumber(operand) ? toRow(row, operand) : row, parts, width / parts),
  rowFunction: null,
  recurrentMask: (block) => names.of('mask', `mask_${block}`),
  number: (value) => String(value),
  minus: '-',
  times: ' * ',
  bracket: (inner) => `(${inner})`,
  infix: {
    add: { sign: ' + ', binding: Binding.Sum },
    sub: { sign: ' - ', binding: Binding.Sum },
    mul: { sign: ' * ', binding: Binding.Product },
    div: { sign: ' / ', binding: Binding.Product },
  },
  call: (name, operands, areNumbers) => CALLS[name as keyof typeof CALLS](operands, areNumbers),
  quotient: null,
});
