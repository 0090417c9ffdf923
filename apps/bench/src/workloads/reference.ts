import { referenceForward, referenceGradient } from '@sluice/core';
import { classifierProblem } from './classifier.js';
import { classifierLosses } from './classifier-reference.js';
import { checkedCotangent, checkedPart, layerProblem, leading } from './layer.js';
import { streamAsForward } from './stream.js';
import type { CellForm, Task } from './workload.js';

/** What a contender's check must give, in float64, and what that covers, in words. */
export interface Reference {
  /** In the order of the outputs of `Prepared.check`. */
  readonly expected: readonly Float64Array[];
  readonly covers: string;
}

/** Computes a task's checked results with core's float64 reference. Takes seconds for the larger shapes. */
export function referenceOf(task: Task, form: CellForm): Reference {
  const { workload, shape } = task;
  if (workload === 'step') {
    const { expected, covers } = referenceOf(streamAsForward(task), form);
    return { expected, covers: `${covers}, over successive calls that carry the states` };
  }
  const [batch, timesteps, inputSize, units] = shape;
  if (workload === 'train') {
    const problem = classifierProblem(form, shape);
    return {
      expected: [classifierLosses(problem, shape)],
      covers: `the losses of three successive batches, each of ${problem.distinct} different sequences`,
    };
  }
  const problem = layerProblem(form, shape);
  const part = checkedPart(problem.plan, workload, shape);
  const whole = part.rows === batch && part.steps === timesteps;
  const extent = whole ? 'the whole batch' : `the first ${part.steps} steps of ${part.rows} of ${batch} rows`;
  const float64 = (values: Float32Array) => Float64Array.from(values);
  const inputs = {
    batch: part.rows,
    timesteps: part.steps,
    x: float64(leading(problem.x, part, timesteps, inputSize)),
    parameters: problem.parameters.map(float64),
  };
  if (workload === 'forward') {
    const { sequence } = referenceForward(problem.plan, inputs);
    return { expected: [sequence], covers: `the outputs of ${extent}` };
  }
  const cotangent = checkedCotangent(problem, part, shape);
  const gradient = referenceGradient(problem.plan, inputs, {
    sequence: float64(leading(cotangent, part, timesteps, units)),
  });
  const dx = new Float64Array(batch * timesteps * inputSize);
  for (let row = 0; row < part.rows; row++) {
    const size = part.steps * inputSize;
    dx.set(gradient.x.subarray(row * size, (row + 1) * size), row * timesteps * inputSize);
  }
  return {
    expected: [dx, ...gradient.parameters],
    covers: `the gradients of the input and of every weight, of a loss over ${extent}`,
  };
}
