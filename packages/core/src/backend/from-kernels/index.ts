import { savedLength } from '../../loop/saved.js';
import { checkCotangents, checkInputs, checkResult } from '../check.js';
import type { Backend } from '../interface.js';
import type { Kernels } from '../kernels.js';
import { emptyGradient, emptyResult, withMaskOfLengths } from '../sequences.js';
import { CallMemory } from './call-memory.js';
import { CompiledLoops } from './compiled-loops.js';
import { runForward, runGradient } from './passes.js';

/**
 * A backend made of a device's kernels: the time loop, the stages, masks and the gradient's matrix products are driven
 * from here, so a device has to supply nothing but the `Kernels`.
 */
export function backendFromKernels<Memory extends { readonly length: number }, Right, Compiled>(
  name: string,
  kernels: Kernels<Memory, Right, Compiled>,
): Backend<Memory> {
  const memory = new CallMemory(kernels);
  const compiled = new CompiledLoops(kernels as Kernels<never, Right, Compiled>);
  const upload = (values: Float32Array): Memory => {
    const buffer = kernels.allocate(values.length);
    kernels.view(buffer).set(values);
    return buffer;
  };
  const release = (buffer: Memory) => kernels.release(buffer);
  return {
    name,
    upload,
    download: async (buffer) => kernels.view(buffer).slice(),
    release,
    savedLength,
    forward: (plan, inputs, keep = false) => {
      checkInputs(plan, inputs);
      if (inputs.batch === 0) return emptyResult(upload, plan, keep);
      return withMaskOfLengths({ upload, release }, inputs, (given) =>
        memory.run(() => runForward(memory.kernels, compiled, plan, given, keep)),
      );
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, savedLength(plan, inputs.batch, inputs.timesteps));
      if (inputs.batch === 0) return emptyGradient(upload, plan);
      return withMaskOfLengths({ upload, release }, inputs, (given) =>
        memory.run(() => runGradient(memory.kernels, compiled, plan, given, result, cotangents)),
      );
    },
  };
}
