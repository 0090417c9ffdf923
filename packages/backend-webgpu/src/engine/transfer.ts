import type { Gpu } from './gpu.js';
import type { GpuFloats } from './gpu-floats.js';

/** Copies numbers from a buffer of the GPU. @throws Error when they cannot be right, because of what went wrong before. */
export async function download(
  { device, faults }: Gpu,
  { buffer, length }: GpuFloats,
): Promise<Float32Array> {
  faults.check();
  const size = Math.max(4, 4 * length);
  const readable = device.createBuffer({
    label: 'download',
    size,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  try {
    faults.watch('a download', () => {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, readable, 0, size);
      device.queue.submit([encoder.finish()]);
    });
    const mapped = readable.mapAsync(GPUMapMode.READ).catch((error: unknown) => error);
    await faults.settled();
    const error = await mapped;
    if (error !== undefined) throw error;
    return new Float32Array(readable.getMappedRange().slice(0), 0, length);
  } finally {
    readable.destroy();
  }
}
