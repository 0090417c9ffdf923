/** Who gives out buffers of a device for float32 numbers. What they hold at first is anything. */
export interface Memory {
  /** A buffer for at least `length` numbers. */
  allocate(length: number): GPUBuffer;
  /** Work that has been submitted may still use the buffer. */
  release(buffer: GPUBuffer): void;
}

/** Buffers of so many sizes between a power of two and the next are told apart. */
const SIZES = 4;
const LEAST_BYTES = 256;

/**
 * Buffers that are used again: making one takes longer than a small kernel. Sizes are rounded up to quarters of powers of two,
 * so at most a quarter of a buffer is unused. The queue runs work in order, so a buffer can go to the next call as soon as
 * the last one has been submitted.
 */
export class BufferPool implements Memory {
  private readonly free = new Map<number, GPUBuffer[]>();
  private held = 0;

  /** @param keep how many bytes of unused buffers are kept at most. */
  constructor(
    private readonly device: GPUDevice,
    private readonly keep = 2 ** 28,
  ) {}

  allocate(length: number): GPUBuffer {
    const size = sizeFor(4 * length);
    const found = this.free.get(size)?.pop();
    if (found) {
      this.held -= size;
      return found;
    }
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.device.createBuffer({ label: 'numbers', size, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  release(buffer: GPUBuffer): void {
    const { size } = buffer;
    if (this.held + size > this.keep) {
      buffer.destroy();
      return;
    }
    const list = this.free.get(size) ?? [];
    list.push(buffer);
    this.free.set(size, list);
    this.held += size;
  }

  /** Frees the buffers that nobody uses. */
  empty(): void {
    for (const buffers of this.free.values()) for (const buffer of buffers) buffer.destroy();
    this.free.clear();
    this.held = 0;
  }
}

function sizeFor(bytes: number): number {
  if (bytes <= LEAST_BYTES) return LEAST_BYTES;
  const step = 2 ** Math.floor(Math.log2(bytes)) / SIZES;
  return Math.ceil(bytes / step) * step;
}
