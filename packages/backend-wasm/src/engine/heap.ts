/** Numbers in a WebAssembly memory: the address of the first, in bytes, and how many there are. */
export interface Floats {
  readonly address: number;
  readonly length: number;
}

/** Who gives out pieces of a WebAssembly memory. Addresses are in bytes and divisible by 4. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** @throws RangeError when there is no room for that many bytes. */
  allocate(bytes: number): number;
  release(address: number): void;
}
