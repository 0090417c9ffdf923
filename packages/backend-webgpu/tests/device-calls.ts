import type { Traffic } from '../src/engine.js';

type Method = (this: never, ...given: never[]) => unknown;

/**
 * Counts what all devices are asked for, whoever asks, at WebGPU's own calls. Uploads are what is written to buffers by the queue
 * or at their making, downloads what is copied to buffers that are made to be read.
 *
 * @returns the counts, which go on, and what ends it
 */
export function countDeviceCalls() {
  const counts = { dispatches: 0, uploadedBytes: 0, downloadedBytes: 0, copiedBytes: 0 } satisfies Traffic;
  const undo: (() => void)[] = [];
  const watch = (of: { readonly prototype: object }, name: string, note: (...given: never[]) => void) => {
    const methods = of.prototype as Record<string, Method>;
    const original = methods[name];
    methods[name] = function (...given) {
      note(...given);
      return original.apply(this, given);
    };
    undo.push(() => {
      methods[name] = original;
    });
  };
  watch(GPUComputePassEncoder, 'dispatchWorkgroups', () => {
    counts.dispatches += 1;
  });
  watch(
    GPUQueue,
    'writeBuffer',
    (_: GPUBuffer, __: number, data: ArrayBufferView, ___: number, size?: number) => {
      // The size is in elements of a typed array.
      const { BYTES_PER_ELEMENT = 1 } = data as Partial<Uint8Array>;
      counts.uploadedBytes += size === undefined ? data.byteLength : size * BYTES_PER_ELEMENT;
    },
  );
  watch(GPUDevice, 'createBuffer', ({ mappedAtCreation, size }: GPUBufferDescriptor) => {
    if (mappedAtCreation) counts.uploadedBytes += size;
  });
  watch(
    GPUCommandEncoder,
    'copyBufferToBuffer',
    (source: GPUBuffer, _: number, target: GPUBuffer, __: number, size: number) => {
      if (target.usage & GPUBufferUsage.MAP_READ) counts.downloadedBytes += size;
      // The second half of an upload, which has been counted.
      else if (!(source.usage & GPUBufferUsage.MAP_WRITE)) counts.copiedBytes += size;
    },
  );
  watch(GPUCommandEncoder, 'clearBuffer', (_: GPUBuffer, __: number, size: number) => {
    counts.copiedBytes += size;
  });
  return {
    counts: counts as Traffic,
    stop: () => {
      for (const each of undo) each();
    },
  };
}
