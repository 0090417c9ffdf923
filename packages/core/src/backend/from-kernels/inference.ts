import { inferenceLoop } from '../../loop/inference-loop.js';
import type { InferenceBackend } from '../interface.js';
import type { Kernels } from '../kernels.js';
import { Passes } from './passes.js';

/** A backend made of a device's kernels that runs plans forward alone: `backendFromKernels` without the gradient. */
export function inferenceFromKernels<Memory extends { readonly length: number }, Right, Compiled>(
  name: string,
  kernels: Kernels<Memory, Right, Compiled>,
): InferenceBackend<Memory> {
  const passes = new Passes(kernels);
  const { upload, download, release } = passes;
  const forward: InferenceBackend<Memory>['forward'] = (plan, inputs) =>
    passes.forward(plan, inputs, inferenceLoop);
  return { name, upload, download, release, forward };
}
