import type { Plan } from '@sluice/core';
import {
  type Backend,
  checkCotangents,
  checkInputs,
  checkResult,
  emptyGradient,
  emptyResult,
  type SequenceInputs,
  withMaskOfLengths,
} from '@sluice/core/backend';
import { forward } from './forward.js';
import type { Gpu } from './gpu.js';
import type { GpuFloats } from './gpu-floats.js';
import { gradient } from './gradient.js';
import type { Memory } from './memory.js';
import { savedLayout } from './saved-layout.js';

/** The backend of a device. @param memory where results come from and go back to. */
export function backendOn(gpu: Gpu, memory: Memory): Backend<GpuFloats> {
  const savedLength = (plan: Plan, batch: number, timesteps: number) =>
    savedLayout(plan, batch, timesteps).length;
  /** Those that are there must hold what they should. */
  const checkFilled = (given: readonly (GpuFloats | undefined)[]) =>
    gpu.faults.checkBuffers(given.flatMap((floats) => floats?.buffer ?? []));
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
    download: (floats) => gpu.downloads.of(floats),
    release,
    savedLength,
    forward: (plan, inputs, keep = false) => {
      checkInputs(plan, inputs);
      checkFilled(buffersOf(inputs));
      if (inputs.batch === 0) return emptyResult(upload, plan, keep);
      return withMaskOfLengths({ upload, release }, inputs, (given) => forward(gpu, plan, given, keep));
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, savedLength(plan, inputs.batch, inputs.timesteps));
      const { sequence, states = [] } = cotangents;
      checkFilled([...buffersOf(inputs), result.sequence, result.saved, sequence, ...states]);
      if (inputs.batch === 0) return emptyGradient(upload, plan);
      return withMaskOfLengths({ upload, release }, inputs, (given) =>
        gradient(gpu, plan, given, result, cotangents),
      );
    },
  };
}

const buffersOf = ({
  x,
  parameters,
  mask,
  initialStates = [],
  recurrentMasks = [],
}: SequenceInputs<GpuFloats>) => [x, ...parameters, mask, ...initialStates, ...recurrentMasks];
