import { checkInputs } from '../backend/check.js';
import type { SequenceInputs, SequenceResult } from '../backend/interface.js';
import { maskOfLengths, sequenceLayout } from '../backend/sequences.js';
import type { NodeId } from '../equations/operations.js';
import { reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { outputState } from '../plan/plan.js';
import { evaluate, inFull, isPadded, putRows, type StepInputs, takeRows, type Values } from './step.js';

/** One evaluated time step, for the gradient. */
export interface ReferenceStep {
  readonly step: number;
  /** The batch rows that are not padded, in order; `inputs` and `values` hold only these. */
  readonly rows: readonly number[];
  readonly inputs: StepInputs;
  /** By node of the plan, `[rows, width]`. */
  readonly values: Values;
}

export interface ReferenceResult extends SequenceResult<Float64Array> {
  /** In the order of processing. */
  readonly steps: readonly ReferenceStep[];
}

/**
 * Runs a plan over a batch of sequences in float64, one step at a time, straight from the equations.
 *
 * It is slow, and the reference for the numbers of every backend. Shapes as in `SequenceInputs`.
 * @throws RangeError when a length does not fit its shape.
 */
export function referenceForward(plan: Plan, inputs: SequenceInputs<Float64Array>): ReferenceResult {
  checkInputs(plan, inputs);
  const { batch, timesteps, x, parameters, lengths, maskedOutput = 'repeat', reverse = false } = inputs;
  const mask = lengths ? Float64Array.from(maskOfLengths(lengths, timesteps)) : inputs.mask;
  const { inputSize, stateWidths, outputWidth } = plan;
  const order = reachable(plan.nodes, [...plan.newStates, plan.output]);
  const layout = sequenceLayout(inputs);
  const allRows = Array.from({ length: batch }, (_, row) => row);
  const sequence = new Float64Array(batch * timesteps * outputWidth);
  const steps: ReferenceStep[] = [];
  let states = stateWidths.map((width, s) => inputs.initialStates?.[s] ?? new Float64Array(batch * width));
  const repeatedState = outputState(plan);
  let output = repeatedState === undefined ? new Float64Array(batch * outputWidth) : states[repeatedState];
  for (let i = 0; i < timesteps; i++) {
    const step = reverse ? timesteps - 1 - i : i;
    const position = (row: number) => row * layout.row + step * layout.step;
    const rows = allRows.filter((row) => !isPadded(mask, row * timesteps + step));
    const stepInputs = {
      count: rows.length,
      x: takeRows(x, rows.map(position), inputSize),
      states: states.map((state, s) => takeRows(state, rows, stateWidths[s])),
      parameters,
      recurrentMasks: (inputs.recurrentMasks ?? []).map((given, i) =>
        takeRows(given, rows, plan.recurrentMasks[i].width),
      ),
    };
    const values = evaluate(plan, order, stepInputs);
    steps.push({ step, rows, inputs: stepInputs, values });
    const rowsOf = (id: NodeId, width: number) => inFull(values[id], rows.length, width);
    states = states.map((state, s) =>
      putRows(state, rows, rowsOf(plan.newStates[s], stateWidths[s]), stateWidths[s]),
    );
    output = putRows(output, rows, rowsOf(plan.output, outputWidth), outputWidth);
    for (const row of maskedOutput === 'repeat' ? allRows : rows) {
      sequence.set(output.subarray(row * outputWidth, (row + 1) * outputWidth), position(row) * outputWidth);
    }
  }
  return { sequence, states: states.map((state) => state.slice()), steps };
}
