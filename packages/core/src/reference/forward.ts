import { checkInputs } from '../backend/check.js';
import type { SequenceInputs, SequenceResult } from '../backend/interface.js';
import { reachable } from '../graph/graph.js';
import type { Plan } from '../plan/plan.js';
import { evaluate, type StepInputs, type Values } from './step.js';

/** One evaluated step of one batch row, as the gradient revisits it. */
export interface Visit {
  readonly row: number;
  readonly step: number;
  readonly padded: boolean;
  readonly inputs: StepInputs;
  readonly values: Values;
}

/**
 * Runs a plan over a batch of sequences in float64, one row and one step at a time, straight from the equations.
 *
 * This is what a backend's numbers are held against; it is slow. Shapes as in `SequenceInputs`.
 * @throws RangeError when a length does not fit its shape.
 */
export function referenceForward(
  plan: Plan,
  inputs: SequenceInputs<Float64Array>,
): SequenceResult<Float64Array> {
  const { sequence, states } = traverse(plan, inputs);
  return { sequence, states };
}

/** The forward pass with every step's values, in the order of processing within each row. */
export function traverse(plan: Plan, inputs: SequenceInputs<Float64Array>) {
  checkInputs(plan, inputs);
  const { batch, timesteps, x, parameters, mask, maskedOutput = 'repeat', reverse = false } = inputs;
  const { units, inputSize } = plan;
  const order = reachable(plan.nodes, [...plan.newStates, plan.output]);
  const sequence = new Float64Array(batch * timesteps * units);
  const finalStates = plan.states.map(() => new Float64Array(batch * units));
  const visits: Visit[] = [];
  for (let row = 0; row < batch; row++) {
    const rowOf = (values: Float64Array) => values.subarray(row * units, (row + 1) * units);
    const recurrentMasks = (inputs.recurrentMasks ?? []).map(rowOf);
    let states = plan.states.map((_, s) => {
      const given = inputs.initialStates?.[s];
      return given ? rowOf(given) : new Float64Array(units);
    });
    let output = new Float64Array(units);
    for (let i = 0; i < timesteps; i++) {
      const step = reverse ? timesteps - 1 - i : i;
      const position = row * timesteps + step;
      const padded = mask !== undefined && mask[position] === 0;
      const stepInputs = {
        x: x.subarray(position * inputSize, (position + 1) * inputSize),
        states,
        parameters,
        recurrentMasks,
      };
      const values = padded ? [] : evaluate(plan, order, stepInputs);
      visits.push({ row, step, padded, inputs: stepInputs, values });
      if (!padded) {
        states = plan.newStates.map((id) => values[id] as Float64Array);
        output = values[plan.output] as Float64Array<ArrayBuffer>;
      }
      if (!padded || maskedOutput === 'repeat') sequence.set(output, position * units);
    }
    finalStates.forEach((target, s) => {
      target.set(states[s], row * units);
    });
  }
  return { sequence, states: finalStates, visits };
}
