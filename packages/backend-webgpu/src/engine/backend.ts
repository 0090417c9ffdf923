import type { Plan } from '@sluice/core';
import {
  type Backend,
  checkCotangents,
  checkInputs,
  checkResult,
  emptyGradient,
  emptyResult,
  isInputProjection,
  outputState,
  type SequenceInputs,
  withMaskOfLengths,
} from '@sluice/core/backend';
import { forward } from './forward.js';
import type { Gpu } from './gpu.js';
import { gradient } from './gradient.js';
import type { Kernel } from './kernel.js';
import { COLUMN_SUMS, MOVE_REPEATED } from './kernels/cotangents.js';
import { SUM_SLICES } from './kernels/multiply.js';
import { multiplyKernel } from './kernels/multiply-kernel.js';
import { ROUND_TO_FLOAT16, TRANSPOSE } from './kernels/weights.js';
import { savedLayout } from './layout.js';
import { loopsOf } from './loop/plan-loops.js';
import type { GpuFloats, Memory } from './memory.js';

/** Creates the backend of a device. @param memory where buffers of results come from and are released to. */
export function createBackend(gpu: Gpu, memory: Memory): Backend<GpuFloats> {
  const savedLength = (plan: Plan, batch: number, timesteps: number) =>
    savedLayout(plan, batch, timesteps).length;
  /** @throws Error when a call that failed was to fill one of the buffers. */
  const checkFilled = (buffers: readonly (GpuFloats | undefined)[]) =>
    gpu.faults.checkBuffers(buffers.flatMap((floats) => floats?.buffer ?? []));
  const upload = (values: Float32Array): GpuFloats => {
    gpu.faults.check();
    gpu.downloads.start();
    const buffer = gpu.allocate(memory, values.length);
    gpu.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    gpu.count({ uploadedBytes: values.byteLength });
    return { buffer, length: values.length };
  };
  const release = ({ buffer }: GpuFloats) => {
    gpu.downloads.start();
    memory.release(buffer);
  };
  return {
    name: 'webgpu',
    upload,
    download: (floats) => gpu.downloads.read(floats),
    release,
    savedLength,
    forward: (plan, inputs, keep = false) => {
      checkRows(plan);
      checkInputs(plan, inputs);
      checkFilled(listBuffers(inputs));
      if (inputs.batch === 0) return emptyResult(upload, plan, keep);
      return withMaskOfLengths({ upload, release }, inputs, (masked) => forward(gpu, plan, masked, keep));
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkRows(plan);
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, savedLength(plan, inputs.batch, inputs.timesteps));
      const { sequence, states = [] } = cotangents;
      checkFilled([...listBuffers(inputs), result.sequence, result.saved, sequence, ...states]);
      if (inputs.batch === 0) return emptyGradient(upload, plan);
      return withMaskOfLengths({ upload, release }, inputs, (masked) =>
        gradient(gpu, plan, masked, result, cotangents),
      );
    },
  };
}

/** @throws Error for a cell whose rows have several lengths. */
function checkRows({ cell, inference }: Plan): void {
  if (inference.stages.length > 0) return;
  throw new Error(
    `Cell '${cell.name}' has rows of several lengths or operations on whole rows, which the webgpu backend does not run yet; ` +
      'use the wasm or the cpu backend.',
  );
}

const listBuffers = ({
  x,
  parameters,
  mask,
  initialStates = [],
  recurrentMasks = [],
}: SequenceInputs<GpuFloats>) => [x, ...parameters, mask, ...initialStates, ...recurrentMasks];

/**
 * Compiles the kernels of a plan in the background: those of its forward pass and, with `gradient`, of its gradient.
 *
 * @throws Error that names the kernel that does not compile, or when the device is lost.
 */
export async function warmUp(gpu: Gpu, plan: Plan, gradient: boolean): Promise<void> {
  gpu.faults.check();
  const { forward, gradient: backwards } = loopsOf(plan);
  const loops = gradient ? [forward, backwards] : [forward];
  const product = multiplyKernel(gpu.tiling);
  const products = [product, SUM_SLICES, ...(gradient ? gradientKernels(plan) : [])];
  const ready = loops.map((loop) => gpu.loops.ready(loop, plan.units));
  const rounding = ready.some(({ usesFloat16 }) => usesFloat16) ? [ROUND_TO_FLOAT16] : [];
  const kernels = [...products, ...rounding, ...ready.flatMap((loop) => loop.kernels)];
  try {
    await Promise.all(kernels.map((kernel) => gpu.pipelines.prepare(kernel)));
  } catch (error) {
    throw await gpu.faults.findReason(error);
  }
}

/** The kernels beside the loop that the gradient of a plan runs. */
const gradientKernels = (plan: Plan): Kernel[] => [
  ...(plan.products.every(isInputProjection) ? [] : [TRANSPOSE]),
  ...(plan.gradient.vectors.length > 0 ? [COLUMN_SUMS] : []),
  // Cotangents of repeated outputs move inside the loop if the output is a state.
  ...(outputState(plan) === undefined ? [MOVE_REPEATED] : []),
];
