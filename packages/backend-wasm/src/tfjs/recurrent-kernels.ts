import { backendFromKernels } from '@sluice/core/backend';
import { recurrentKernels } from '@sluice/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { loadKernels } from '../engine/fixed-kernels.js';
import { type Floats, GrowingHeap, type Heap } from '../engine/heap.js';
import { createSharedMemory } from '../engine/threads/thread-count.js';
import { type WasmKernels, wasmKernels } from '../engine/wasm-kernels.js';
import { callOnDispose, callOnDisposeData, floatsOf, sizeOf, tensorsInPlace } from './tensors.js';

/** The recurrent kernels on TensorFlow.js's memory, by name. */
export function kernelsInPlace(kernels: WasmKernels): ReadonlyMap<string, KernelFunc> {
  const configs = recurrentKernels(backendFromKernels('wasm', kernels), tensorsInPlace);
  return new Map(
    configs.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc as unknown as KernelFunc]),
  );
}

/** Calls with fewer additions and multiplications run in place: a third of a millisecond, about what the copies cost. */
const WORTH_COPIES = 20e6;

/**
 * The recurrent kernels on a memory of their own that threads share, for a TensorFlow.js whose memory is not shared.
 * They copy inputs there and results back, which takes a few per cent of the time. Saved values stay there, behind an
 * empty tensor, until that is disposed of. Small calls run in place.
 */
export async function copyingKernels(
  backend: BackendWasm,
  tensors: Heap,
  threads: number,
  inPlace: ReadonlyMap<string, KernelFunc>,
): Promise<ReadonlyMap<string, KernelFunc>> {
  const memory = createSharedMemory();
  const kernels = await wasmKernels(new GrowingHeap(memory), await loadKernels(memory), threads);
  const viewOf = ({ buffer }: WebAssembly.Memory, { address, length }: Floats) =>
    new Float32Array(buffer, address, length);
  const saved = new WeakMap<object, Floats>();
  callOnDispose(backend, () => kernels.stopThreads());
  callOnDisposeData(backend, (dataId) => {
    const floats = saved.get(dataId);
    if (floats !== undefined) kernels.release(floats);
  });
  const copies: Floats[] = [];
  const configs = recurrentKernels<BackendWasm, Floats>(backendFromKernels('wasm', kernels), {
    read: (_, tensor) => {
      const source = floatsOf(backend, tensor);
      const copy = kernels.allocate(source.length);
      copies.push(copy);
      viewOf(memory, copy).set(viewOf(tensors.memory, source));
      return copy;
    },
    wrap: (_, floats, shape) => {
      const tensor = backend.makeOutput(shape, 'float32');
      viewOf(tensors.memory, floatsOf(backend, tensor)).set(viewOf(memory, floats));
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
        // A gradient runs where its forward pass has run.
        const { saved: savedTensor } = call.inputs as { saved?: TensorInfo };
        const onCopies =
          savedTensor === undefined ? countOperations(call) >= WORTH_COPIES : saved.has(savedTensor.dataId);
        if (!onCopies) return (inPlace.get(kernelName) as KernelFunc)(call);
        try {
          return (kernelFunc as unknown as KernelFunc)(call);
        } finally {
          for (const copy of copies.splice(0)) kernels.release(copy);
        }
      },
    ]),
  );
}

/** The operations of a call's matrix products, about. */
function countOperations({ inputs }: Parameters<KernelFunc>[0]): number {
  const tensors = inputs as Record<string, TensorInfo>;
  const matrices = Object.keys(tensors).filter(
    (name) => name.startsWith('parameter') && tensors[name].shape.length === 2,
  );
  const [batch, timesteps] = tensors.x.shape;
  return 2 * batch * timesteps * matrices.reduce((sum, name) => sum + sizeOf(tensors[name].shape), 0);
}
