import type { Plan } from '@sluice/core';
import { layerProblem, swapAxes } from './layer.js';
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
  const steps = swapAxes(x, batch, timesteps);
  const inputs = Array.from({ length: timesteps }, (_, step) =>
    steps.slice(step * batch * inputSize, (step + 1) * batch * inputSize),
  );
  return { plan, parameters, inputs };
}

/** Outputs `[batch, units]` of successive calls as one sequence `[batch, timesteps, units]`. */
export function joinSteps(outputs: readonly Float32Array[], units: number): Float32Array {
  const steps = Float32Array.from(outputs.flatMap((output) => [...output]));
  return swapAxes(steps, outputs.length, outputs[0].length / units);
}
