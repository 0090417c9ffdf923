import { type Backend, checkCotangents, checkInputs, checkResult, type Plan } from '@sluice/core';
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
  return {
    name: 'webgpu',
    upload: (values) => {
      gpu.faults.check();
      gpu.downloads.start();
      const buffer = memory.allocate(values.length);
      gpu.device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
      gpu.count({ uploadedBytes: values.byteLength });
      return { buffer, length: values.length };
    },
    download: (floats) => gpu.downloads.of(floats),
    release: ({ buffer }) => memory.release(buffer),
    savedLength,
    forward: (plan, inputs, keep = false) => {
      checkInputs(plan, inputs);
      return forward(gpu, plan, inputs, keep);
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkInputs(plan, inputs);
      checkCotangents(plan, inputs, cotangents);
      checkResult(plan, inputs, result, savedLength(plan, inputs.batch, inputs.timesteps));
      return gradient(gpu, plan, inputs, result, cotangents);
    },
  };
}
