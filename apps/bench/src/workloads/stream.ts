import type { Plan } from '@sluice/core';
import { layerProblem } from './layer.js';
import type { CellForm, Task } from './workload.js';

/** The workload `step`: a layer that is fed one timestep at a call and carries its states from call to call. */
export interface StreamProblem {
  readonly plan: Plan;
  /** In the plan's order. */
  readonly parameters: readonly Float32Array[];
  /** `[batch, inputSize]` for each of successive calls; a longer stream begins again with the first. */
  readonly inputs: readonly Float32Array[];
}

/** Successive calls that a contender is checked over, so that states which are lost or mixed up show. */
const CHECKED_CALLS = 8;

/**
 * The task that computes at once what the checked calls of a stream compute one by one: `forward` over as many timesteps.
 */
export function streamAsForward(task: Task): Task {
  const [batch, , inputSize, units] = task.shape;
  return { ...task, workload: 'forward', shape: [batch, CHECKED_CALLS, inputSize, units] };
}

/** The same numbers every time for a form and shape. */
export function streamProblem(form: CellForm, task: Task): StreamProblem {
  const { shape } = streamAsForward(task);
  const { plan, parameters, x } = layerProblem(form, shape);
  const [batch, timesteps, inputSize] = shape;
  const inputs = Array.from({ length: timesteps }, (_, step) => {
    const rows = new Float32Array(batch * inputSize);
    for (let row = 0; row < batch; row++) {
      const start = (row * timesteps + step) * inputSize;
      rows.set(x.subarray(start, start + inputSize), row * inputSize);
    }
    return rows;
  });
  return { plan, parameters, inputs };
}

/** Outputs `[batch, units]` of successive calls as one sequence `[batch, timesteps, units]`. */
export function joinSteps(outputs: readonly Float32Array[], units: number): Float32Array {
  const timesteps = outputs.length;
  const sequence = new Float32Array(timesteps * outputs[0].length);
  outputs.forEach((output, step) => {
    for (let row = 0; row * units < output.length; row++) {
      sequence.set(output.subarray(row * units, (row + 1) * units), (row * timesteps + step) * units);
    }
  });
  return sequence;
}
