/** Cells derived from a cell, whose outputs and inputs show what happens inside. */

import { Expression } from '../equations/expression.js';
import type { Cell } from '../equations/make-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { concat, slice, zeros } from '../equations/rows.js';
import { operandsOf, replaceLeaves, visitInOrder } from '../equations/visit.js';
import { type Plan, planFor } from '../plan/plan.js';

/** A named value in the output rows of `cellOfNames`, or in the input rows of `probedCell`. */
export interface NamedColumns {
  readonly name: string;
  readonly start: number;
  readonly width: number;
}

/** A cell whose output is every named value of the equations, one behind the other. */
export interface CellOfNames {
  readonly cell: Cell;
  readonly columns: readonly NamedColumns[];
}

/**
 * The same cell with all named values as its output: gates, candidates, new states. `output` is there if it has a name of its own.
 * @param sizes the only sizes with which it can be used.
 */
export function cellOfNames(cell: Cell, sizes: Sizes): CellOfNames {
  const plan = planFor(cell, sizes);
  const names = Object.keys(plan.names);
  const columns = sideBySide(
    names,
    names.map((name) => widthOf(plan, name)),
  );
  const derived: Cell = {
    ...cell,
    name: `${cell.name}, all values`,
    results: () => {
      const results = cell.results(sizes);
      const rows = columns.map(({ name, width }) =>
        inFull(results[name], plan.widths[plan.names[name]], width),
      );
      const states = Object.fromEntries(cell.states.map((state) => [state, results[state]]));
      return { ...states, output: concat(...rows) };
    },
  };
  return { cell: derived, columns };
}

/** Columns one behind the other, from column `start` on. */
function sideBySide(names: readonly string[], widths: readonly number[], start = 0): NamedColumns[] {
  let end = start;
  return names.map((name, i) => {
    end += widths[i];
    return { name, start: end - widths[i], width: widths[i] };
  });
}

/** A state's row has the state's length, also where a number stands for it. */
function widthOf({ states, stateWidths, widths, names }: Plan, name: string): number {
  const state = states.indexOf(name);
  return state < 0 ? widths[names[name]] : stateWidths[state];
}

const inFull = (row: Expression, given: number, width: number): Expression =>
  given === width && row.term.kind !== 'constant' ? row : zeros(width).add(row);

/** A cell with a probe for each state: numbers in the input that are added to the state's new row. */
export interface ProbedCell {
  readonly cell: Cell;
  /** Its sizes: the columns of an input row are those of `x`, then those of the probes. */
  readonly sizes: Sizes;
  /** The probe of each state in the input rows. */
  readonly probes: readonly NamedColumns[];
}

/**
 * The same cell with input rows `[x, probes]`. With probes of zeros it computes the same; the gradient of a probe at a step is the
 * gradient of that state after that step.
 */
export function probedCell(cell: Cell, { inputSize, units }: Sizes): ProbedCell {
  const sizes = { inputSize, units };
  const widths = cell.stateWidths(sizes);
  const probes = sideBySide(cell.states, widths, inputSize);
  const derived: Cell = {
    ...cell,
    name: `${cell.name}, probed`,
    stateWidths: () => widths,
    parameters: () => cell.parameters(sizes),
    results: () => {
      const results = cell.results(sizes);
      const input = new Expression({ kind: 'input' });
      const x = slice(input, 0, inputSize);
      const known = new Map<Expression, Expression>();
      const translate = (row: Expression) =>
        replaceLeaves(row, (term) => (term.kind === 'input' ? x : term), known);
      const states: Record<string, Expression> = {};
      // A state that another one is computed from comes first, so that its probe reaches the other in the same step.
      for (const i of innermostFirst(cell.states.map((state) => results[state]))) {
        const row = results[cell.states[i]];
        const probed = translate(row).add(slice(input, probes[i].start, probes[i].width));
        // An input or an old state is no value of this step: what else reads it reads no probe.
        if (operandsOf(row).length > 0) known.set(row, probed);
        states[cell.states[i]] = probed;
      }
      const others = Object.entries(results).filter(([name]) => !(name in states));
      const output = results.output ?? results[cell.states[0]];
      return {
        ...states,
        ...Object.fromEntries(others.map(([name, row]) => [name, translate(row)])),
        output: translate(output),
      };
    },
  };
  const total = widths.reduce((sum, width) => sum + width, inputSize);
  return { cell: derived, sizes: { inputSize: total, units }, probes };
}

/** The indices of expressions, those that others contain first. */
function innermostFirst(rows: readonly Expression[]): number[] {
  const sizes = rows.map((row) => {
    const seen = new Set<Expression>();
    visitInOrder(row, seen, (expression) => seen.add(expression));
    return seen.size;
  });
  return rows.map((_, i) => i).sort((a, b) => sizes[a] - sizes[b]);
}
