/** Core's cell of a description. */
import { type Cell, defineCell, type Sizes } from '@sluice/core';
import type { OperationName } from '@sluice/core/backend';
import * as equations from '@sluice/core/equations';
import {
  type Argument,
  type CellDescription,
  type DescribedParameter,
  type Length,
  lengthOf,
  type Row,
} from './description.js';

type Expression = equations.Expression;
type Declaration = ReturnType<typeof equations.kernel> | ReturnType<typeof equations.bias>;
type Handles = Readonly<
  Record<string, Readonly<Record<string, Expression | ((operand: Expression) => Expression)>>>
>;

/** The functions by their names. */
const language: Readonly<Record<string, unknown>> = { ...equations };
type Declarer = (...blocks: readonly string[]) => Declaration;

/** A length as a definition has it: a number, the name of a size, or a function of the sizes. */
const sizeOf = ({ size, times, plus }: Length): equations.Size => {
  if (size === undefined) return plus;
  return times === 1 && plus === 0 ? size : (sizes: Sizes) => times * sizes[size] + plus;
};

const declare = ({ role, blocks, symbol, width, rows, groups, storedRows }: DescribedParameter) =>
  ({
    ...(language[role] as Declarer)(...blocks),
    symbol,
    ...(width && { width: sizeOf(width) }),
    ...(rows && { rows: sizeOf(rows) }),
    ...(groups !== undefined && { groups }),
    ...(storedRows !== undefined && { storedRows }),
  }) as Declaration;

/** What is the same for all sizes. */
export interface CellHead {
  readonly name: string;
  readonly states: readonly string[];
  readonly useBias: boolean;
}

/**
 * Core's cell of a description.
 *
 * @param describe the description for the sizes with which the cell is used.
 */
export function makeCell(
  { name, states, useBias }: CellHead,
  describe: (sizes: Sizes) => CellDescription,
): Cell {
  return defineCell({
    name,
    states: Object.fromEntries(
      states.map((state, i) => [state, (sizes: Sizes) => lengthOf(describe(sizes).states[i].width, sizes)]),
    ),
    parameters: (sizes) =>
      Object.fromEntries(describe(sizes).parameters.map((parameter) => [parameter.name, declare(parameter)])),
    useBias,
    equations: (rows, handles, sizes) => evaluate(describe(sizes), rows, handles as Handles),
  });
}

function evaluate(
  description: CellDescription,
  given: Readonly<Record<string, Expression>>,
  handles: Handles,
): Record<string, Expression> {
  const made: Expression[] = [];
  for (const row of description.rows) made.push(evaluateRow(row, made, given, handles));
  return Object.fromEntries(Object.entries(description.results).map(([name, row]) => [name, made[row]]));
}

function evaluateRow(
  row: Row,
  made: readonly Expression[],
  given: Readonly<Record<string, Expression>>,
  handles: Handles,
): Expression {
  switch (row.kind) {
    case 'input':
      return given.x;
    case 'state':
      return given[row.state];
    case 'vector':
      return handles[row.parameter][row.block] as Expression;
    case 'product':
      return (handles[row.parameter][row.block] as (operand: Expression) => Expression)(made[row.row]);
    case 'word': {
      const values = row.arguments.map((argument) => argumentValue(argument, made));
      const result = apply(row.word, values);
      return row.pick === undefined ? (result as Expression) : (result as Expression[])[row.pick];
    }
  }
}

function argumentValue(argument: Argument, made: readonly Expression[]): unknown {
  if (typeof argument === 'number') return argument;
  return 'row' in argument ? made[argument.row] : argument.settings;
}

type Callable = (...values: unknown[]) => unknown;

function apply(word: string, values: readonly unknown[]): unknown {
  const name = word.slice(1);
  if (word.startsWith('#')) {
    const inputs = values as Expression[];
    return new equations.Expression({ kind: 'operation', name: name as OperationName, inputs });
  }
  if (!word.startsWith('.')) return (language[word] as Callable)(...values);
  const [row, ...others] = values;
  return (row as Record<string, Callable>)[name](...others);
}
