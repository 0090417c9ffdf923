/**
 * The words of functions in equations as text. They are derived from the tables of operations, activations and row operations,
 * so that a new one can be read at once.
 */
import { ROW_NAMES } from '../documentation/notation.js';
import { type ActivationName, activation, activationAliases, activations } from '../equations/activations.js';
import { combine, Expression } from '../equations/expression.js';
import { type OperationName, operations } from '../equations/operations.js';
import { type RowOperationName, resultWidth } from '../equations/row-operations.js';
import * as rows from '../equations/rows.js';

/** A value of the equations: a row, or a number. */
export type Value = Expression | number;

/** How the length of the result follows from that of the operands. */
export type WidthRule =
  /** As long as each operand. */
  | { readonly kind: 'elements' }
  /** A linear function of the operand's length. */
  | { readonly kind: 'linear'; readonly factor: number; readonly offset: number };

export interface FunctionWord {
  /** The numbers of operands that are rows, and of numbers behind them. */
  readonly operands: number;
  readonly numbers: number;
  /** Whether the word takes a number of parts: a number behind the row, or a lower index in LaTeX. */
  readonly hasParts: boolean;
  readonly needsParts: boolean;
  width(parts: number): WidthRule;
  apply(operands: readonly Value[], numbers: readonly number[], parts: number): Value;
}

const ELEMENTS: WidthRule = { kind: 'elements' };

/** An operation on values; of numbers alone it is computed at once. */
export function applyOperation(name: OperationName, ...operands: Value[]): Value {
  const areNumbers = operands.every((operand) => typeof operand === 'number');
  if (areNumbers) return operations[name].evaluate(...(operands as number[]));
  return combine(name, ...operands);
}

/** A value as a row. */
export const toRow = (value: Value): Expression =>
  typeof value === 'number' ? new Expression({ kind: 'constant', value }) : value;

const ofElements = (
  operands: number,
  numbers: number,
  apply: (operands: readonly Value[], numbers: readonly number[]) => Value,
): FunctionWord => ({ operands, numbers, hasParts: false, needsParts: false, width: () => ELEMENTS, apply });

const operationWords = (Object.keys(operations) as OperationName[]).map(
  (name) =>
    [name, ofElements(operations[name].arity, 0, (operands) => applyOperation(name, ...operands))] as const,
);

const activationWords = [...Object.keys(activations), ...Object.keys(activationAliases)].map(
  (name) =>
    [
      name,
      ofElements(1, 2, ([row], [alpha, beta]) => {
        const setting = {
          name: name as ActivationName,
          ...(alpha !== undefined && { alpha }),
          ...(beta !== undefined && { beta }),
        };
        return activation(setting)(toRow(row));
      }),
    ] as const,
);

/** The length of a row operation's result as a linear function of the operand's. */
function widthOf(name: RowOperationName, parts: number): WidthRule {
  const [first, second] = [1, 2].map((times) => resultWidth(name, times * parts, parts));
  const factor = (second - first) / parts;
  return { kind: 'linear', factor, offset: first - factor * parts };
}

const ofRow = (
  width: (parts: number) => WidthRule,
  apply: (row: Expression, parts: number) => Expression,
  needsParts = false,
): FunctionWord => ({
  operands: 1,
  numbers: 0,
  hasParts: true,
  needsParts,
  width,
  apply: ([row], _, parts) => apply(toRow(row), parts),
});

/** The row operations whose number is not a number of parts that may be 1. */
const COUNTED: readonly RowOperationName[] = ['sumAcross', 'repeat', 'tile'];

const rowWords = (Object.keys(ROW_NAMES) as RowOperationName[]).map(
  (name) =>
    [
      ROW_NAMES[name],
      ofRow(
        (parts) => widthOf(name, parts),
        (operand, parts) => new Expression({ kind: 'rowOperation', name, operand, parts }),
        COUNTED.includes(name),
      ),
    ] as const,
);

/** Functions that consist of several operations. */
const composedWords: readonly (readonly [string, FunctionWord])[] = [
  ['mean', ofRow((parts) => ({ kind: 'linear', factor: 0, offset: parts }), rows.mean)],
  ['softmax', ofRow(() => ELEMENTS, rows.softmax)],
  [
    'normalize',
    ofRow(
      () => ELEMENTS,
      (row, parts) => rows.normalize(row, { parts }),
    ),
  ],
  [
    'normalizeRms',
    ofRow(
      () => ELEMENTS,
      (row, parts) => rows.normalizeRms(row, { parts }),
    ),
  ],
  ['where', ofElements(3, 0, (operands) => applyOperation('select', ...operands))],
  ['clip', ofElements(1, 2, ([row], [low, high]) => rows.clip(toRow(row), low, high))],
];

/** Functions of elements, by their words. */
const OF_ELEMENTS: ReadonlyMap<string, FunctionWord> = new Map([
  ...activationWords,
  // `max` and `min` of one row are functions of the row.
  ...operationWords,
]);

const OF_ROWS: ReadonlyMap<string, FunctionWord> = new Map([...rowWords, ...composedWords]);

/** Other words and signs for them. */
const SYNONYMS: Readonly<Record<string, string>> = {
  σ: 'sigmoid',
  logistic: 'sigmoid',
  sigm: 'sigmoid',
  ln: 'log',
  hardsigmoid: 'hardSigmoid',
};

const lowerCased = new Map(
  [...OF_ELEMENTS.keys(), ...OF_ROWS.keys()].map((word) => [word.toLowerCase(), word] as const),
);

/** The word in the tables: other spellings, such as `ReLU`, `σ`, are found too. */
export function knownWord(word: string): string | undefined {
  if (OF_ELEMENTS.has(word) || OF_ROWS.has(word)) return word;
  if (Object.hasOwn(SYNONYMS, word)) return SYNONYMS[word];
  return word.length > 2 ? lowerCased.get(word.toLowerCase()) : undefined;
}

/** Whether a word is the name of a function. */
export const isFunctionWord = (word: string): boolean => knownWord(word) !== undefined;

/** The function of that word for a number of operands: `max` of one operand is that of a row. */
export function functionOf(word: string, operands: number, hasIndex: boolean): FunctionWord | undefined {
  const known = knownWord(word);
  if (known === undefined) return undefined;
  const ofRows = OF_ROWS.get(known);
  return ofRows && (operands === 1 || hasIndex || !OF_ELEMENTS.has(known))
    ? ofRows
    : (OF_ELEMENTS.get(known) ?? ofRows);
}

/** All words, for errors. */
export const functionWords = (): string[] => [...new Set([...OF_ELEMENTS.keys(), ...OF_ROWS.keys()])].sort();
