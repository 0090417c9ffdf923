import { sum } from 'd3-array';
import { layerPlan, perTimestep } from './layer.js';
import type { CellForm, Shape, Task } from './workload.js';

/** The gradient of a product takes two products of the same size, one for each factor. */
const PASSES = { forward: 1, step: 1, gradient: 3, train: 3 } as const;

/**
 * The floating point operations of all matrix products of one call, a multiplication and an addition being two: the work
 * that no implementation gets around. What is done element by element, and by the optimizer, is not counted.
 */
export function flopsOf({ workload, shape }: Task, form: CellForm): number {
  const multiplyAdds =
    workload === 'train'
      ? classifierMultiplyAdds(form, shape)
      : shape[0] * shape[1] * perTimestep(layerPlan(form, shape));
  return 2 * PASSES[workload] * multiplyAdds;
}

/** Forward, the two recurrent layers over the sequences and the dense unit over their last outputs. */
function classifierMultiplyAdds(form: CellForm, [batch, timesteps, inputSize, units]: Shape): number {
  const recurrent = sum([inputSize, units], (size) =>
    perTimestep(layerPlan(form, [batch, timesteps, size, units])),
  );
  return batch * (timesteps * recurrent + units);
}
