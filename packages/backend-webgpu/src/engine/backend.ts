import type { Plan } from '@sluice/core';
import {
  type Backend,
  checkCotangents,
  checkInputs,
  checkResult,
  emptyGradient,
  emptyResult,
  type SequenceInputs,
  savedLength,
  withMaskOfLengths,
} from '@sluice/core/backend';
import type { Gpu } from './gpu.js';
import { COLUMN_SUMS } from './kernels/column-sums.js';
import { SUM_SLICES } from './kernels/multiply.js';
import { multiplyKernel } from './kernels/multiply-kernel.js';
import { ROUND_TO_FLOAT16, TRANSPOSE } from './kernels/weights.js';
import { kernelsOf, type ReadyLoop } from './loops.js';
import type { GpuFloats, Memory } from './memory.js';
import { forward, gradient, passLoops } from './passes.js';

/** Creates the backend of a device. @param memory where buffers of results come from and are released to. */
export function createBackend(gpu: Gpu, memory: Memory): Backend<GpuFloats> {
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
      checkInputs(plan, inputs);
      checkFilled(listBuffers(inputs));
      if (inputs.batch === 0) return emptyResult(upload, plan, keep);
      return withMaskOfLengths({ upload, release }, inputs, (masked) => forward(gpu, plan, masked, keep));
    },
    gradient: (plan, inputs, result, cotangents) => {
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

const listBuffers = ({
  x,
  parameters,
  mask,
  initialStates = [],
  recurrentMasks = [],
}: SequenceInputs<GpuFloats>) => [x, ...parameters, mask, ...initialStates, ...recurrentMasks];

export interface WarmUpOptions {
  /** Whether to compile the gradient too. Default true. */
  readonly gradient?: boolean;
  /** For batches with a mask: the output at a padded step, as in the calls. Default: for batches without. */
  readonly maskedOutput?: 'repeat' | 'zero';
}

/**
 * Compiles the kernels of a plan in the background: those of its forward pass and, with `gradient`, of its gradient.
 *
 * @throws Error that names the kernel that does not compile, or when the device is lost.
 */
export async function warmUp(
  gpu: Gpu,
  plan: Plan,
  { gradient = true, maskedOutput }: WarmUpOptions = {},
): Promise<void> {
  gpu.faults.check();
  const loops = passLoops(plan, maskedOutput ?? 'no');
  const ready = (gradient ? [loops.forward, loops.gradient] : [loops.forward]).flatMap((pass) =>
    gpu.loops.candidates(pass),
  );
  const kernels = [
    multiplyKernel(gpu.tiling),
    SUM_SLICES,
    ...ready.flatMap(kernelsBeside),
    ...ready.flatMap(kernelsOf),
  ];
  try {
    await Promise.all(kernels.map((kernel) => gpu.pipelines.prepare(kernel)));
  } catch (error) {
    throw await gpu.faults.findReason(error);
  }
}

/** The kernels that prepare a loop's matrices and add up its sums. */
const kernelsBeside = ({ places, usesFloat16 }: ReadyLoop) => [
  ...(places.products.some(({ transposed }) => transposed) ? [TRANSPOSE] : []),
  ...(places.sums.length > 0 ? [COLUMN_SUMS] : []),
  ...(usesFloat16 ? [ROUND_TO_FLOAT16] : []),
];
