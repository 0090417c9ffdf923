import type { GrowingHeap } from '../../src/engine/heap.js';

/** The number of allocated bytes of a heap. */
export function usedBytes(heap: GrowingHeap): number {
  let sum = 0;
  for (const size of heap.sizes.values()) sum += size;
  return sum;
}
