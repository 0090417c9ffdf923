import type { Traffic } from '../src/engine.js';

type Method = (this: never, ...parameters: never[]) => unknown;

/**
 * Counts the work of all devices by wrapping WebGPU's own methods. Uploads are bytes written by a queue or mapped at creation;
 * downloads are bytes copied to buffers with MAP_READ.
 *
 * @returns the live counts, and a function that stops counting.
 */
export function countDeviceCalls() {
  const counts = { dispatches: 0, uploadedBytes: 0, downloadedBytes: 0, copiedBytes: 0 } satisfies Traffic;
  const undo: (() => void)[] = [];
  const watch = (
    of: { readonly prototype: object },
    name: string,
    note: (...parameters: never[]) => void,
  ) => {
    const methods = of.prototype as Record<string, Method>;
    const original = methods[name];
    methods[name] = function (...parameters) {
      note(...parameters);
      return original.apply(this, parameters);
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
      // The copy of an upload, which has been counted.
      else if (!(source.usage & GPUBufferUsage.MAP_WRITE)) counts.copiedBytes += size;
    },
  );
  watch(GPUCommandEncoder, 'clearBuffer', (_: GPUBuffer, __: number, size: number) => {
    counts.copiedBytes += size;
  });
  return {
    counts: counts as Traffic,
    stop: () => {
      for (const restore of undo) restore();
    },
  };
}
