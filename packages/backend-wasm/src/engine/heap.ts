/** Float32 numbers in a WebAssembly memory: the address of the first, in bytes, and their count. */
export interface Floats {
  readonly address: number;
  readonly length: number;
}

/** The allocator of a WebAssembly memory. Addresses are in bytes and divisible by 4. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** @throws RangeError when the memory is full. */
  allocate(bytes: number): number;
  release(address: number): void;
}

const PAGE = 65_536;
/** Each piece begins at a cache line; this is its size. */
const ALIGNMENT = 64;
/** A growing memory gets this share of its pages on top of the needed ones: growing copies in some engines. */
const EXTRA_GROWTH = 1 / 8;

/** A range of free bytes; `end` is the first address behind it. */
interface Piece {
  start: number;
  end: number;
}

/**
 * Allocates from the pages by which it grows the memory, and from no others: it never touches earlier contents of the
 * memory or pages that others add. First fit in a list of free pieces, sorted by address, neighbours joined.
 */
export class GrowingHeap implements Heap {
  private readonly free: Piece[] = [];
  /** The bytes of each allocation, by its address. */
  readonly sizes = new Map<number, number>();

  constructor(readonly memory: WebAssembly.Memory) {}

  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const isEnough = ({ start, end }: Piece) => end - start >= size;
    let index = this.free.findIndex(isEnough);
    if (index < 0) {
      this.grow(size);
      index = this.free.findIndex(isEnough);
    }
    const piece = this.free[index];
    const address = piece.start;
    piece.start += size;
    if (piece.start === piece.end) this.free.splice(index, 1);
    this.sizes.set(address, size);
    return address;
  }

  release(address: number): void {
    const size = this.sizes.get(address);
    if (size === undefined) {
      throw new RangeError(
        `The buffer at address ${address} is not in use: release each once, by the backend that made it.`,
      );
    }
    this.sizes.delete(address);
    this.insert({ start: address, end: address + size });
  }

  private grow(size: number): void {
    const needed = Math.ceil(size / PAGE);
    const wanted = needed + Math.floor((this.memory.buffer.byteLength / PAGE) * EXTRA_GROWTH);
    const pages = this.tryGrow(wanted) ?? this.tryGrow(needed);
    if (pages === undefined) {
      const megabytes = (count: number) => `${(count / 2 ** 20).toFixed(1)} MB`;
      throw new RangeError(
        `The WebAssembly memory has ${megabytes(this.memory.buffer.byteLength)} and cannot grow by ${megabytes(size)}: ` +
          'release buffers, use a smaller batch or a memory with a higher maximum.',
      );
    }
    this.insert(pages);
  }

  private tryGrow(pages: number): Piece | undefined {
    try {
      const start = this.memory.grow(pages) * PAGE;
      return { start, end: start + pages * PAGE };
    } catch {
      return undefined;
    }
  }

  /** Adds a piece to the free list and joins it with its neighbours. */
  private insert(piece: Piece): void {
    const { free } = this;
    let index = free.length;
    while (index > 0 && free[index - 1].start > piece.start) index--;
    const before = free[index - 1];
    const after = free[index];
    const joinsAfter = after?.start === piece.end;
    if (before?.end === piece.start) {
      before.end = joinsAfter ? after.end : piece.end;
      if (joinsAfter) free.splice(index, 1);
    } else if (joinsAfter) after.start = piece.start;
    else free.splice(index, 0, piece);
  }
}

/** One allocation that grows on demand. Growing loses its contents. */
export class Arena {
  address = 0;
  private bytes = 0;
  constructor(private readonly heap: Heap) {}

  reserve(bytes: number): void {
    if (bytes <= this.bytes) return;
    if (this.bytes > 0) this.heap.release(this.address);
    // If the allocation fails, no memory is left: the old one is released already.
    this.bytes = 0;
    this.address = this.heap.allocate(bytes);
    this.bytes = bytes;
  }
}
