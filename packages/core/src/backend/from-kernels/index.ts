import { checkCotangents, checkInputs } from '../check.js';
import type { Backend } from '../interface.js';
import type { Kernels } from '../kernels.js';
import { CompiledPlans } from './compiled-plans.js';
import { forward } from './forward.js';
import { gradient } from './gradient.js';
import { SavedLayout } from './places.js';

/**
 * A backend made of a device's kernels: the time loop, the stages, masks and the gradient's matrix products are driven
 * from here, so a device has to supply nothing but the `Kernels`.
 */
export function backendFromKernels<Memory extends { readonly length: number }, Right, Compiled>(
  name: string,
  kernels: Kernels<Memory, Right, Compiled>,
): Backend<Memory> {
  const compiled = new CompiledPlans(kernels as Kernels<never, Right, Compiled>);
  return {
    name,
    upload: (values) => {
      const memory = kernels.allocate(values.length);
      kernels.view(memory).set(values);
      return memory;
    },
    download: async (memory) => kernels.view(memory).slice(),
    release: (memory) => kernels.release(memory),
    savedLength: (plan, batch, timesteps) => new SavedLayout(plan, batch, timesteps).length,
    forward: (plan, inputs, keep = false) => {
      checkInputs(plan, inputs);
      return forward(kernels, compiled, plan, inputs, keep);
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      return gradient(kernels, compiled, plan, inputs, result, cotangents);
    },
  };
}
