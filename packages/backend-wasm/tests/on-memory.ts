import { compileFixedKernels, instantiate } from '../src/engine/fixed-kernels.js';
import type { Floats } from '../src/engine/heap.js';
import { OwnHeap } from '../src/engine/own-heap.js';
import { wasmKernels } from '../src/engine/wasm-kernels.js';

/** The kernels on a memory of their own. */
export async function kernelsOnMemory() {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const heap = new OwnHeap(memory);
  const fixed = instantiate(await compileFixedKernels(memory), memory);
  const kernels = wasmKernels(heap, fixed);
  const put = (values: ArrayLike<number>): Floats => {
    const floats = kernels.allocate(values.length);
    kernels.view(floats).set(values);
    return floats;
  };
  return { heap, fixed, kernels, put };
}
