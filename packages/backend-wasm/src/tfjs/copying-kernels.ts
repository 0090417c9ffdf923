import { backendFromKernels } from '@sluice/core/backend';
import { recurrentKernels } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { loadKernels } from '../engine/fixed-kernels.js';
import { createSharedMemory, type Floats, GrowingHeap, type Heap } from '../engine/heap.js';
import { wasmKernels } from '../engine/wasm-kernels.js';
import { onDispose, onEnd } from './dispose.js';
import { floatsOf, sizeOf } from './tensors.js';

/** Additions and multiplications below which copies cost more than threads can bring: a third of a millisecond's work. */
const WORTH_COPIES = 20e6;

/**
 * The recurrent kernels on a memory that threads share, for a TensorFlow.js whose own memory they do not: inputs are copied
 * there and results back, which takes a few per cent of the time. What the gradient needs stays there, behind an empty
 * tensor, until that is disposed. Small calls are left to the kernels in place.
 */
export async function copyingKernels(
  backend: BackendWasm,
  tensors: Heap,
  threads: number,
  inPlace: ReadonlyMap<string, KernelFunc>,
): Promise<ReadonlyMap<string, KernelFunc>> {
  const memory = createSharedMemory();
  const kernels = wasmKernels(new GrowingHeap(memory), await loadKernels(memory), threads);
  const numbers = ({ buffer }: WebAssembly.Memory, { address, length }: Floats) =>
    new Float32Array(buffer, address, length);
  const saved = new WeakMap<object, Floats>();
  onEnd(backend, () => kernels.stopThreads());
  onDispose(backend, (dataId) => {
    const floats = saved.get(dataId);
    if (floats !== undefined) kernels.release(floats);
  });
  const copies: Floats[] = [];
  const configs = recurrentKernels<BackendWasm, Floats>(backendFromKernels('wasm', kernels), {
    read: (_, tensor) => {
      const source = floatsOf(backend, tensor);
      const copy = kernels.allocate(source.length);
      copies.push(copy);
      numbers(memory, copy).set(numbers(tensors.memory, source));
      return copy;
    },
    wrap: (_, floats, shape) => {
      const tensor = backend.makeOutput(shape, 'float32');
      numbers(tensors.memory, floatsOf(backend, tensor)).set(numbers(memory, floats));
      kernels.release(floats);
      return tensor;
    },
    wrapSaved: (_, floats) => {
      const tensor = backend.makeOutput([0], 'float32');
      saved.set(tensor.dataId, floats);
      return tensor;
    },
  });
  return new Map(
    configs.map(({ kernelName, kernelFunc }) => [
      kernelName,
      (call) => {
        const { saved: kept } = call.inputs as { saved?: TensorInfo };
        const isOurs = kept === undefined ? workOf(call) >= WORTH_COPIES : saved.has(kept.dataId);
        if (!isOurs) return (inPlace.get(kernelName) as KernelFunc)(call);
        try {
          return (kernelFunc as unknown as KernelFunc)(call);
        } finally {
          for (const copy of copies.splice(0)) kernels.release(copy);
        }
      },
    ]),
  );
}

/** What the matrix products of a call take, about. */
function workOf({ inputs }: Parameters<KernelFunc>[0]): number {
  const named = inputs as Record<string, TensorInfo>;
  const matrices = Object.keys(named).filter(
    (name) => name.startsWith('parameter') && named[name].shape.length === 2,
  );
  const [batch, timesteps] = named.x.shape;
  return 2 * batch * timesteps * matrices.reduce((sum, name) => sum + sizeOf(named[name].shape), 0);
}
