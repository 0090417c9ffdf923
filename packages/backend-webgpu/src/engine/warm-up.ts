import type { Plan } from '@sluice/core';
import type { Gpu } from './gpu.js';
import { COLUMN_SUMS } from './kernels/column-sums.js';
import { SUM_SLICES } from './kernels/multiply.js';
import { multiplyKernel } from './kernels/multiply-kernel.js';
import { NARROW } from './kernels/narrow.js';
import { REPEATED_OUTPUTS } from './kernels/repeated-outputs.js';
import { TRANSPOSE } from './kernels/transpose.js';
import { loopsOf } from './loop/plan-loops.js';

/**
 * Compiles what a plan needs, in the background: its forward pass, and with `gradient` its gradient.
 *
 * @throws Error naming the kernel when one does not compile, or when the device is lost.
 */
export async function warmUp(gpu: Gpu, plan: Plan, gradient: boolean): Promise<void> {
  gpu.faults.check();
  const { forward, gradient: backwards } = loopsOf(plan);
  const loops = gradient ? [forward, backwards] : [forward];
  const product = multiplyKernel(gpu.tiling);
  const products = [product, SUM_SLICES, ...(gradient ? [TRANSPOSE, COLUMN_SUMS, REPEATED_OUTPUTS] : [])];
  const ready = loops.map((loop) => gpu.loops.ready(loop, plan.units));
  const narrowing = ready.some(({ narrow }) => narrow) ? [NARROW] : [];
  const kernels = [...products, ...narrowing, ...ready.flatMap((loop) => loop.kernels)];
  try {
    await Promise.all(kernels.map((kernel) => gpu.pipelines.prepare(kernel)));
  } catch (error) {
    throw await gpu.faults.reasonOf(error);
  }
}
