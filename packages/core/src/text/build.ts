/** Steps to a cell. */
import { defineCell } from '../equations/define-cell.js';
import { Expression } from '../equations/expression.js';
import type { Cell } from '../equations/make-cell.js';
import type { ParameterRole, Size, Sizes } from '../equations/parameters.js';
import { concat, zeros } from '../equations/rows.js';
import type { Elaborated, Step } from './elaborate.js';
import { CellTextError } from './error.js';
import { applyOperation, toRow, type Value } from './functions.js';
import { type DeclaredLengths, findLengths, type Lengths } from './lengths.js';
import type { CellTextOptions, CellTextParameter } from './options.js';
import { type FoundParameters, findParameters, sizeOf } from './parameters.js';
import type { Resolved } from './resolve.js';
import { constantLength, INPUT_SIZE, type Length, parseLength, resolveLength, UNITS } from './sizes.js';
import { keyOf, type Range } from './syntax.js';
import type { Unknown } from './unknowns.js';

type Parameters = Readonly<Record<string, CellTextParameter & { readonly role: ParameterRole }>>;

/** @throws CellTextError for a width that is no length, and an equation with parameters that nothing needs. */
export function buildCell(
  source: string,
  resolved: Resolved,
  elaborated: Elaborated,
  options: CellTextOptions & { readonly parameters: Parameters },
): Cell {
  const lengths = findLengths(resolved, elaborated, declaredLengths(source, options));
  refuseUnusedParameters(source, resolved, elaborated);
  const parameters = findParameters(elaborated, lengths, options.parameters);
  const hidden = new Set(options.parts ?? []);
  const [firstState] = resolved.states;
  const cell = defineCell({
    name: options.name ?? 'cell',
    ...(options.source !== undefined && { source: options.source }),
    states: Object.fromEntries(resolved.states.map((state) => [state, sizeOf(lengths.state(state))])),
    parameters: parameters.declarations,
    equations: (rows, handles, sizes) => {
      const values = evaluate(elaborated, lengths, parameters, rows, handles as Handles, sizes);
      const results: Record<string, Expression> = {};
      for (const [key, id] of elaborated.results) if (!hidden.has(key)) results[key] = toRow(values[id]);
      const { output } = resolved;
      if (output !== undefined && output !== firstState) {
        results.output = toRow(values[elaborated.results.get(output) as number]);
      }
      return results;
    },
  });
  if (options.sizes) return withOnlySizes(cell, options.sizes);
  return options.widths || !followsInput(resolved, elaborated, lengths) ? cell : withEqualSizes(cell);
}

/** Whether every state is as long as the input, or of a fixed length, and nothing is `units` long. */
function followsInput({ states }: Resolved, { unknowns }: Elaborated, lengths: Lengths): boolean {
  const all = [
    ...states.map((state) => lengths.state(state)),
    ...unknowns.flatMap((unknown) => [
      lengths.columns(unknown),
      ...(unknown.form === 'matrix' ? [lengths.rows(unknown)] : []),
    ]),
  ];
  return (
    all.every(({ units }) => units === 0) && states.some((state) => lengths.state(state).inputSize !== 0)
  );
}

type Handles = Readonly<
  Record<string, Readonly<Record<string, Expression | ((operand: Expression) => Expression)>>>
>;

/** The values of all steps, in order. */
function evaluate(
  { steps }: Elaborated,
  lengths: Lengths,
  { places }: FoundParameters,
  rows: Readonly<Record<string, Expression>>,
  handles: Handles,
  sizes: Sizes,
): Value[] {
  const values: Value[] = [];
  const blockOf = (unknown: Unknown) => {
    const { parameter, block } = places.get(unknown) as { parameter: string; block: string };
    return handles[parameter][block];
  };
  const compute = (step: Step): Value => {
    switch (step.kind) {
      case 'input':
        return rows.x;
      case 'previous':
        return rows[step.state];
      case 'vector':
        return blockOf(step.unknown) as Expression;
      case 'number':
        return step.value;
      case 'zeros':
        return zeros(step.length);
      case 'operation':
        return applyOperation(step.name, ...step.inputs.map((input) => values[input]));
      case 'call':
        return step.call.apply(
          step.inputs.map((input) => values[input]),
          step.numbers,
          step.parts,
        );
      case 'concat':
        return concat(...step.inputs.map((input) => toRow(values[input])));
      case 'slice':
        return slice(toRow(values[step.operand]), step.range);
      case 'product': {
        const { unknown, rows: part, columns } = step;
        const matrix = blockOf(unknown) as (operand: Expression) => Expression;
        const operand = toRow(values[step.operand]);
        const product = matrix(
          part ? padded(operand, part, resolveLength(lengths.rows(unknown), sizes)) : operand,
        );
        return columns ? slice(product, columns) : product;
      }
    }
  };
  for (const step of steps) values.push(compute(step));
  return values;
}

const slice = (operand: Expression, [start, end]: Range): Expression =>
  new Expression({ kind: 'slice', operand, start, length: end - start });

/** A row with zeros around it, so that it meets only some rows of a matrix. */
function padded(operand: Expression, [start, end]: Range, length: number): Expression {
  const before = start > 0 ? [zeros(start)] : [];
  const after = end < length ? [zeros(length - end)] : [];
  return before.length + after.length === 0 ? operand : concat(...before, operand, ...after);
}

function declaredLengths(
  source: string,
  options: CellTextOptions & { readonly parameters: Parameters },
): DeclaredLengths {
  const lengthOf = (what: string, given: number | string): Length => {
    const length = parseLength(String(given));
    if (length) return length;
    throw new CellTextError(
      source,
      0,
      1,
      `the width of ${what} is '${given}', expected a length such as 4, 'units' or '2 units + 1'.`,
    );
  };
  const ofEquations = new Map(
    Object.entries(options.widths ?? {}).map(
      ([name, given]) => [name, lengthOf(`'${name}'`, given)] as const,
    ),
  );
  const ofParameter = (unknown: Unknown, key: 'rows' | 'width'): Length | undefined => {
    const size: Size | undefined = unknown.declared && options.parameters[unknown.declared.parameter]?.[key];
    return size === undefined ? undefined : lengthOfSize(size);
  };
  return {
    ofEquations,
    rows: (unknown) => ofParameter(unknown, 'rows'),
    columns: (unknown) => ofParameter(unknown, 'width'),
  };
}

/** A size as a length: functions of the sizes are linear. */
function lengthOfSize(size: Size): Length {
  if (typeof size === 'number') return constantLength(size);
  if (size === 'units') return UNITS;
  if (size === 'inputSize') return INPUT_SIZE;
  const at = (inputSize: number, units: number) => size({ inputSize, units });
  const corner = at(1, 1);
  const [inputSize, units] = [at(2, 1) - corner, at(1, 2) - corner];
  return { inputSize, units, constant: corner - inputSize - units };
}

/** An equation that neither a state nor the output needs may not bring parameters, which training would never change. */
function refuseUnusedParameters(source: string, resolved: Resolved, { steps, results }: Elaborated): void {
  const needed = new Set<number>();
  const roots = [...resolved.states, ...(resolved.output === undefined ? [] : [resolved.output])];
  const waiting = roots.map((root) => results.get(root) as number);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const step = steps[id];
    if ('inputs' in step) waiting.push(...step.inputs);
    else if ('operand' in step) waiting.push(step.operand);
  }
  const used = new Set(
    [...needed].flatMap((id) =>
      'unknown' in steps[id] ? [(steps[id] as { unknown: Unknown }).unknown] : [],
    ),
  );
  for (const step of steps) {
    if (!('unknown' in step) || used.has(step.unknown)) continue;
    const { name, equation, key, declared } = step.unknown;
    if (declared) continue;
    const { left } = resolved.equations.find((each) => keyOf(each.left) === equation) ?? { left: name };
    throw new CellTextError(
      source,
      left.start,
      left.end,
      `neither a state nor the output needs '${equation}', which has the parameter '${key}'. Remove the equation, or add the line 'output: ${equation}'.`,
    );
  }
}

/** The cell for one pair of sizes. */
const withOnlySizes = (cell: Cell, { inputSize, units }: Sizes): Cell =>
  withCheck(cell, (sizes) => {
    if (sizes.inputSize === inputSize && sizes.units === units) return;
    throw new TypeError(
      `Cell '${cell.name}' was written for inputSize ${inputSize} and units ${units}, but is used with inputSize ` +
        `${sizes.inputSize} and units ${sizes.units}. Remove the line 'sizes' if the equations fit other sizes.`,
    );
  });

/** A cell whose states are as long as the input, where `units` would mean nothing. */
const withEqualSizes = (cell: Cell): Cell =>
  withCheck(cell, ({ inputSize, units }) => {
    if (inputSize === units) return;
    throw new TypeError(
      `Cell '${cell.name}': its equations make every state as long as the input, so it needs inputSize = units, but is used ` +
        `with inputSize ${inputSize} and units ${units}. Multiply the input by a matrix, or declare the widths of the states.`,
    );
  });

function withCheck(cell: Cell, check: (sizes: Sizes) => void): Cell {
  const checked = (sizes: Sizes): Sizes => {
    check(sizes);
    return sizes;
  };
  return {
    ...cell,
    stateWidths: (sizes) => cell.stateWidths(checked(sizes)),
    parameters: (sizes) => cell.parameters(checked(sizes)),
    results: (sizes) => cell.results(checked(sizes)),
  };
}
