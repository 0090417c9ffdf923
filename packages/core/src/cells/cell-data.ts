/** A cell for given sizes as plain data, which a saved model carries. `check-cell-data.ts` checks it. */

import { Expression, type Term } from '../equations/expression.js';
import type { Cell, JsonObject } from '../equations/make-cell.js';
import {
  type ParameterDeclaration,
  type ParameterShape,
  type Sizes,
  shapeOf,
} from '../equations/parameters.js';
import { visitInOrder } from '../equations/visit.js';
import { trace } from '../graph/trace.js';
import { checkCellData, checkTracedCell } from './check-cell-data.js';

/** One operation of the equations; operands are the indices of terms before it. */
export type TermData = Term extends infer Each
  ? Each extends Term
    ? { readonly [Key in keyof Each]: OperandsAsIndices<Each[Key]> }
    : never
  : never;

type OperandsAsIndices<Value> = Value extends Expression
  ? number
  : Value extends readonly Expression[]
    ? readonly number[]
    : Value;

/** A parameter with numbers for its sizes. */
export type ParameterData = Omit<ParameterDeclaration, 'width' | 'rows'> & {
  readonly name: string;
  readonly width: number;
  readonly rows?: number;
};

/** A cell for given sizes: its equations are a list of terms. It is JSON. */
export interface CellData extends Sizes {
  readonly name: string;
  readonly source?: string;
  readonly options: JsonObject;
  readonly states: readonly { readonly name: string; readonly width: number }[];
  /** In storage order. */
  readonly parameters: readonly ParameterData[];
  readonly terms: readonly TermData[];
  /** The new states, the output and other named results, by the indices of their terms. */
  readonly results: readonly { readonly name: string; readonly term: number }[];
}

/**
 * A cell as plain data, from which `cellFromData` makes it again without its definition.
 * @param sizes the only sizes with which the cell can be used then.
 * @throws TypeError when the cell's equations do not fit together, or are more than 10,000 terms or 2000 matrix products;
 *   RangeError when a size is not a positive integer.
 */
export function cellToData(cell: Cell, { inputSize, units }: Sizes): CellData {
  const sizes = { inputSize, units };
  trace(cell, sizes);
  const terms = new TermList();
  const results = Object.entries(cell.results(sizes)).map(([name, row]) => ({ name, term: terms.add(row) }));
  const widths = cell.stateWidths(sizes);
  const data: CellData = {
    name: cell.name,
    ...(cell.source !== undefined && { source: cell.source }),
    options: cell.options,
    ...sizes,
    states: cell.states.map((name, i) => ({ name, width: widths[i] })),
    parameters: cell.parameters(sizes).map(parameterData),
    terms: terms.list,
    results,
  };
  checkCellData(data);
  return data;
}

function parameterData(parameter: ParameterShape): ParameterData {
  const { name, form, role, symbol, blocks, width, rows, groups, shape, initial } = parameter;
  const common = { name, form, role, symbol, blocks, width };
  const values = initial && Object.entries(initial).filter(([, value]) => value !== undefined);
  return {
    ...common,
    ...(form === 'matrix' && { rows, ...(groups > 1 && { groups }) }),
    ...(form === 'vector' && shape.length === 2 && { storedRows: shape[0] }),
    ...(values && { initial: Object.fromEntries(values) }),
  };
}

/** Terms in an order in which operands come first; equal terms are there once. */
class TermList {
  readonly list: TermData[] = [];
  private readonly known = new Map<string, number>();
  private readonly indices = new Map<Expression, number>();

  add(expression: Expression): number {
    const { indices } = this;
    visitInOrder(expression, indices, (next) => indices.set(next, this.index(next.term)));
    return indices.get(expression) as number;
  }

  private index(term: Term): number {
    // JSON has no −0.
    if (term.kind === 'constant' && Object.is(term.value, -0)) {
      const zero = this.push({ kind: 'constant', value: 0 });
      return this.push({ kind: 'operation', name: 'neg', inputs: [zero] });
    }
    const entries = Object.entries(term).map(([key, value]) => [key, this.asIndices(value)]);
    return this.push(Object.fromEntries(entries) as TermData);
  }

  private asIndices(value: unknown): unknown {
    if (value instanceof Expression) return this.indices.get(value);
    return Array.isArray(value) ? value.map((item) => this.asIndices(item)) : value;
  }

  private push(term: TermData): number {
    const key = JSON.stringify(term);
    const index = this.known.get(key) ?? this.list.push(term) - 1;
    this.known.set(key, index);
    return index;
  }
}

/**
 * The cell that `cellToData` wrote. It has one pair of sizes; with others it throws a TypeError that names both pairs.
 * @param data of any origin: it is checked as a definition is.
 * @throws TypeError naming the part of the data, what was given and what was expected.
 */
export function cellFromData(data: CellData): Cell {
  checkCellData(data);
  const { name, source, options, inputSize, units } = data;
  const expressions: Expression[] = [];
  for (const term of data.terms) {
    const entries = Object.entries(term).map(([key, value]) => {
      if (key === 'operand' || key === 'like') return [key, expressions[value as number]];
      return [key, key === 'inputs' ? (value as number[]).map((input) => expressions[input]) : value];
    });
    expressions.push(new Expression(Object.fromEntries(entries) as Term));
  }
  const results = Object.fromEntries(data.results.map((result) => [result.name, expressions[result.term]]));
  const declared = data.parameters.map(
    ({ name: parameter, ...declaration }) => [parameter, declaration] as const,
  );
  const checkSizes = (given: Sizes): void => {
    if (given.inputSize === inputSize && given.units === units) return;
    throw new TypeError(
      `Cell '${name}' was saved for inputSize ${inputSize} and units ${units}, but is used with inputSize ` +
        `${given.inputSize} and units ${given.units}. Define it again with defineCell for other sizes.`,
    );
  };
  const cell: Cell = {
    name,
    source,
    options,
    states: data.states.map((state) => state.name),
    stateWidths: (sizes) => {
      checkSizes(sizes);
      return data.states.map(({ width }) => width);
    },
    parameters: (sizes) => {
      checkSizes(sizes);
      return declared.map(([parameter, declaration]) => shapeOf(parameter, declaration, sizes));
    },
    results: (sizes) => {
      checkSizes(sizes);
      return results;
    },
  };
  checkTracedCell(name, trace(cell, { inputSize, units }));
  return cell;
}
