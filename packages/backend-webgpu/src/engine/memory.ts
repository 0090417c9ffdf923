/** Float32 numbers in a GPU buffer, which may be longer: the first `length` count. */
export interface GpuFloats {
  readonly buffer: GPUBuffer;
  readonly length: number;
}

/** Allocates buffers of a device for float32 numbers. Their initial contents are undefined. */
export interface Memory {
  /** Allocates a buffer for at least `length` numbers. */
  allocate(length: number): GPUBuffer;
  /** Releases a buffer; submitted work may still use it. */
  release(buffer: GPUBuffer): void;
}

/** Number of size classes from a power of two to the next. */
const SIZE_CLASSES = 4;
const MIN_BYTES = 256;

/**
 * Reuses released buffers, because creating one takes longer than a small kernel. Sizes are rounded up to quarters of
 * powers of two, so at most a quarter of a buffer is unused. The queue runs work in order, so the next call may use a
 * buffer as soon as the previous call is submitted.
 */
export class BufferPool implements Memory {
  private readonly free = new Map<number, GPUBuffer[]>();
  private freeBytes = 0;

  /** @param maxFreeBytes the most bytes of unused buffers that the pool keeps. */
  constructor(
    private readonly device: GPUDevice,
    private readonly maxFreeBytes = 2 ** 28,
  ) {}

  allocate(length: number): GPUBuffer {
    const size = roundSize(4 * length);
    const found = this.free.get(size)?.pop();
    if (found) {
      this.freeBytes -= size;
      return found;
    }
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.device.createBuffer({ label: 'numbers', size, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  release(buffer: GPUBuffer): void {
    const { size } = buffer;
    if (this.freeBytes + size > this.maxFreeBytes) {
      buffer.destroy();
      return;
    }
    const list = this.free.get(size) ?? [];
    list.push(buffer);
    this.free.set(size, list);
    this.freeBytes += size;
  }

  /** Destroys the unused buffers. */
  empty(): void {
    for (const buffers of this.free.values()) for (const buffer of buffers) buffer.destroy();
    this.free.clear();
    this.freeBytes = 0;
  }
}

function roundSize(bytes: number): number {
  if (bytes <= MIN_BYTES) return MIN_BYTES;
  const step = 2 ** Math.floor(Math.log2(bytes)) / SIZE_CLASSES;
  return Math.ceil(bytes / step) * step;
}
