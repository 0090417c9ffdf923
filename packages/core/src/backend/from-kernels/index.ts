import type { Plan } from '../../plan/plan.js';
import { checkCotangents, checkInputs, checkResult } from '../check.js';
import type { Backend } from '../interface.js';
import type { Kernels } from '../kernels.js';
import { CompiledPlans } from './compiled-plans.js';
import { forward } from './forward.js';
import { gradient } from './gradient.js';
import { SavedLayout } from './saved-layout.js';

/**
 * A backend made of a device's kernels: the time loop, the stages, masks and the gradient's matrix products are driven
 * from here, so a device has to supply nothing but the `Kernels`.
 */
export function backendFromKernels<Memory extends { readonly length: number }, Right, Compiled>(
  name: string,
  kernels: Kernels<Memory, Right, Compiled>,
): Backend<Memory> {
  const compiled = new CompiledPlans(kernels as Kernels<never, Right, Compiled>);
  const savedLength = (plan: Plan, batch: number, timesteps: number) =>
    new SavedLayout(plan, batch, timesteps).length;
  return {
    name,
    upload: (values) => {
      const memory = kernels.allocate(values.length);
      kernels.view(memory).set(values);
      return memory;
    },
    download: async (memory) => kernels.view(memory).slice(),
    release: (memory) => kernels.release(memory),
    savedLength,
    forward: (plan, inputs, keep = false) => {
      checkInputs(plan, inputs);
      return forward(kernels, compiled, plan, inputs, keep);
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, savedLength(plan, inputs.batch, inputs.timesteps));
      return gradient(kernels, compiled, plan, inputs, result, cotangents);
    },
  };
}
