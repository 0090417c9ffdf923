import type { Expression } from '../equations/expression.js';
import type { Cell } from '../equations/make-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { concat, zeros } from '../equations/rows.js';
import { placedLeaves, replaceLeaves } from '../equations/visit.js';
import { planFor } from '../plan/plan.js';
import type { Block, Network, Scope } from './network.js';
import { Signal } from './signal.js';

export interface RecurrentOptions {
  readonly cell: Cell;
  readonly units: number;
  /**
   * Whether the states pass from frame to frame. Without it each frame begins with zeros: a recurrent layer over the positions
   * of a frame. Default true.
   */
  readonly carry?: boolean;
  /** Default true: an output for each position; otherwise that of the last one. */
  readonly returnSequences?: boolean;
}

/** A recurrent layer: one step of the cell for each position of the frame. Its parameters are the cell's. */
export const recurrent =
  ({ cell, units, carry = true, returnSequences = true }: RecurrentOptions): Block =>
  (input, scope) => {
    const widths = cell.stateWidths({ inputSize: input.channels, units });
    const initial = widths.map((width, i) => (carry ? scope.state(cell.states[i], width) : zeros(width)));
    const run = stepsOf(cell, { inputSize: input.channels, units }, scope);
    const { output, states } = run(input, initial);
    if (carry) for (const [i, state] of cell.states.entries()) scope.update(state, states[i]);
    return returnSequences ? output : Signal.join(output.rows.slice(-1), output.channels);
  };

/** Runs a cell over the positions of a signal, from given states in the order of `cell.states`. */
export type RunSteps = (
  input: Signal,
  initial: readonly Expression[],
) => {
  /** One output for each position. */
  readonly output: Signal;
  /** The states after the last position. */
  readonly states: readonly Expression[];
};

/** Declares the parameters of a cell; the result runs it, as often as it is called, over sequences with states of their own. */
export function stepsOf(cell: Cell, sizes: Sizes, scope: Scope): RunSteps {
  const step = new CellStep(cell, sizes, scope);
  return (input, initial) => {
    let states = initial;
    const outputs: Expression[] = [];
    for (const row of input.rows) {
      const result = step.apply(row, states);
      states = result.states;
      outputs.push(result.output);
    }
    return { output: Signal.join(outputs, step.outputWidth), states };
  };
}

export interface BidirectionalOptions {
  readonly cell: Cell;
  readonly units: number;
  /** Default true: an output for each position; otherwise the last of each direction. */
  readonly returnSequences?: boolean;
}

/**
 * A recurrent layer in both directions over the positions of a frame, beginning with zeros, outputs side by side. The
 * parameters of the directions begin with `forward.` and `backward.`.
 */
export const bidirectional =
  ({ cell, units, returnSequences = true }: BidirectionalOptions): Block =>
  (input, scope) => {
    const options = { cell, units, carry: false, returnSequences };
    const reversed = Signal.join([...input.rows].reverse(), input.channels);
    const forward = recurrent(options)(input, scope.inside('forward'));
    const backward = recurrent(options)(reversed, scope.inside('backward'));
    const last = [...backward.rows].reverse();
    return Signal.join(
      forward.rows.map((row, i) => concat(row, last[i])),
      forward.channels + backward.channels,
    );
  };

/** The equations of a cell for one step, with its parameters in a scope. */
class CellStep {
  readonly outputWidth: number;
  private readonly results: Readonly<Record<string, Expression>>;

  constructor(
    private readonly cell: Cell,
    sizes: Sizes,
    private readonly scope: Scope,
  ) {
    const { fixed } = cell as Partial<Network>;
    for (const parameter of cell.parameters(sizes)) scope.declare(parameter, fixed?.get(parameter.name));
    this.outputWidth = planFor(cell, sizes).outputWidth;
    this.results = cell.results(sizes);
  }

  apply(
    x: Expression,
    states: readonly Expression[],
  ): { readonly states: Expression[]; readonly output: Expression } {
    const { cell, scope, results } = this;
    const known = new Map<Expression, Expression>();
    const replace = placedLeaves({
      input: x,
      state: (state) => states[cell.states.indexOf(state)],
      parameter: (name) => scope.fullName(name),
    });
    const next = cell.states.map((state) => replaceLeaves(results[state], replace, known));
    const output = results.output === undefined ? next[0] : replaceLeaves(results.output, replace, known);
    return { states: next, output };
  }
}
