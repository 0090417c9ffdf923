import { inferenceLoop } from '../../loop/inference-loop.js';
import { loopOf } from '../../loop/loops.js';
import { savedLength } from '../../loop/saved-length.js';
import { gradientArguments } from '../arguments.js';
import { checkCotangents, checkInputs, checkResult } from '../check.js';
import type { Backend } from '../interface.js';
import type { Kernels } from '../kernels.js';
import { emptyGradient } from '../sequences.js';
import { optionsFor, Passes } from './passes.js';
import { runWeightProducts } from './weight-products.js';

/**
 * A backend made of a device's kernels: the time loop, the stages, masks and the gradient's matrix products are driven
 * from here, so a device has to supply nothing but the `Kernels`.
 */
export function backendFromKernels<Memory extends { readonly length: number }, Right, Compiled>(
  name: string,
  kernels: Kernels<Memory, Right, Compiled>,
): Backend<Memory> {
  const passes = new Passes(kernels);
  const { upload, download, release } = passes;
  return {
    name,
    upload,
    download,
    release,
    savedLength,
    forward: (plan, inputs, keep = false) =>
      keep
        ? passes.forward(plan, inputs, (given, options) => loopOf(given, 'training', options), savedLength)
        : passes.forward(plan, inputs, inferenceLoop),
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, savedLength(plan, inputs.batch, inputs.timesteps));
      if (inputs.batch === 0) return emptyGradient(upload, plan);
      return passes.call(inputs, (given) => {
        const loop = loopOf(plan, 'gradient', optionsFor(plan, given, 'backward'));
        const buffers = gradientArguments(given, result, cotangents);
        return passes.run(loop, given, buffers, result.saved, runWeightProducts).gradient();
      });
    },
  };
}
