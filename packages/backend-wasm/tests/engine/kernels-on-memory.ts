import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from '../../src/engine/features.js';
import { loadKernels } from '../../src/engine/fixed-kernels.js';
import { type Floats, GrowingHeap } from '../../src/engine/heap.js';
import { wasmKernels } from '../../src/engine/wasm-kernels.js';

// Node 20 has relaxed SIMD behind a flag.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Both kinds of arithmetic, for `describe.each`. */
export const variants = [
  { arithmetic: 'SIMD', relaxedSimd: false },
  { arithmetic: 'relaxed SIMD', relaxedSimd: true },
];

/** The kernels on a memory of their own. */
export async function kernelsOnMemory(relaxedSimd = false) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const heap = new GrowingHeap(memory);
  const loaded = await loadKernels(memory, relaxedSimd);
  const kernels = await wasmKernels(heap, loaded);
  const put = (values: ArrayLike<number>): Floats => {
    const floats = kernels.allocate(values.length);
    kernels.view(floats).set(values);
    return floats;
  };
  return { heap, fixed: loaded.fixed, kernels, put };
}
