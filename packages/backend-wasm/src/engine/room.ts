import type { Heap } from './heap.js';

/** Memory that grows when more is asked for; what it held is lost then. */
export class Room {
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
