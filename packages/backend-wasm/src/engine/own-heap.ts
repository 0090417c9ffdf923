import type { Heap } from './heap.js';

const PAGE = 65_536;
/** The size of a cache line: pieces begin at one. */
const ALIGNMENT = 64;
/** How many pages more than needed a growing memory gets, as a share of what it has: growing copies in some engines. */
const EXTRA_GROWTH = 1 / 8;

/** A free piece: it ends where the next address begins that is not free. */
interface Piece {
  start: number;
  end: number;
}

/**
 * Gives out the pages that it makes a memory grow by, and no others: what was in the memory before, and what others grow
 * it by, is never touched. Free pieces are kept in the order of their addresses, neighbours joined; the first that is
 * large enough is taken.
 */
export class OwnHeap implements Heap {
  private readonly free: Piece[] = [];
  private readonly sizes = new Map<number, number>();

  constructor(readonly memory: WebAssembly.Memory) {}

  /** How many bytes are given out. */
  get used(): number {
    let sum = 0;
    for (const size of this.sizes.values()) sum += size;
    return sum;
  }

  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    let index = this.free.findIndex(({ start, end }) => end - start >= size);
    if (index < 0) {
      this.grow(size);
      index = this.free.findIndex(({ start, end }) => end - start >= size);
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
        `A buffer at address ${address} is released that is not in use: each may be released once, by the backend that made it.`,
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
        `The WebAssembly memory has ${megabytes(this.memory.buffer.byteLength)} and cannot grow by ${megabytes(size)}; ` +
          'release buffers that are no longer needed, use a smaller batch, or give a memory with a higher maximum.',
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

  /** Puts a piece back among the free ones, joined with its neighbours. */
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
