import type { Plan } from '@sluice/core';
import type { Gpu } from './gpu.js';
import { COLUMN_SUMS } from './kernels/column-sums.js';
import { MULTIPLY, SUM_SLICES } from './kernels/multiply.js';
import { TRANSPOSE } from './kernels/transpose.js';
import { loopsOf } from './loop/plan-loops.js';

/**
 * Compiles what a plan needs, in the background: its forward pass, and with `gradient` the one that keeps values and the
 * gradient.
 *
 * @throws Error naming the kernel when one does not compile.
 */
export async function warmUp(gpu: Gpu, plan: Plan, gradient: boolean): Promise<void> {
  const { inference, training, gradient: backwards } = loopsOf(plan);
  const loops = gradient ? [inference, training, backwards] : [inference];
  const products = gradient ? [MULTIPLY, SUM_SLICES, TRANSPOSE, COLUMN_SUMS] : [MULTIPLY];
  const kernels = [...products, ...loops.flatMap((loop) => gpu.loops.ready(loop, plan.units).kernels)];
  await Promise.all(kernels.map((kernel) => gpu.pipelines.prepare(kernel)));
}
