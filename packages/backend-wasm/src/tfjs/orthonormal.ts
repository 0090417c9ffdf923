import { ORTHONORMAL_ROWS, type OrthonormalRows } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { attachedTo } from './attach.js';

/** The kernel counts rows in eights. */
const GROUP = 8;

/** `SluiceOrthonormalRows`: twice as fast as plain TypeScript. */
export const orthonormalConfigs = (): KernelConfig[] => [
  {
    kernelName: ORTHONORMAL_ROWS,
    backendName: 'wasm',
    kernelFunc: ({ attrs, backend }) => {
      const { numbers, count, length } = attrs as unknown as OrthonormalRows;
      const { heap, fixed } = attachedTo(backend as BackendWasm);
      const stored = Math.ceil(count / GROUP) * GROUP;
      const even = length + (length % 2);
      const rows = heap.allocate(stored * even * 8);
      try {
        const half = Math.ceil(stored / GROUP / 2) * GROUP;
        const sums = heap.allocate(half * half * 8);
        // Taken after memory may have grown.
        const memory = new Float64Array(heap.memory.buffer, rows, stored * even);
        memory.fill(0);
        const row = (i: number) => numbers.subarray(i * length, (i + 1) * length);
        for (let i = 0; i < count; i++) memory.set(row(i), i * even);
        fixed.makeOrthonormal(rows, 0, stored, count, even, sums);
        for (let i = 0; i < count; i++) row(i).set(memory.subarray(i * even, i * even + length));
        heap.release(sums);
      } finally {
        heap.release(rows);
      }
      return [];
    },
  },
];
