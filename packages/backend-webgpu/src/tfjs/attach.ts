import { pointwiseOperands, recurrentKernels, type TensorInfo } from '@sluice/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { env, type KernelFunc } from '@tensorflow/tfjs-core';
import { backendOn } from '../engine/backend-on.js';
import { Gpu } from '../engine/gpu.js';
import type { GpuFloats } from '../engine/gpu-floats.js';
import { BufferPool, type Memory } from '../engine/memory.js';
import { runPointwise } from '../engine/pointwise.js';

/** Sluice's engine on the device of one TensorFlow.js backend. */
export interface Attached {
  readonly gpu: Gpu;
  /** The recurrent kernels by their names. */
  readonly recurrent: ReadonlyMap<string, KernelFunc>;
  readonly pointwise: KernelFunc;
}

/** The flag of TensorFlow.js by which kernels round the weights of time loops to 16 bits (`weightType` of the engine). */
export const FLOAT16_WEIGHTS = 'SLUICE_WEBGPU_FLOAT16_WEIGHTS';
env().registerFlag(FLOAT16_WEIGHTS, () => false);

const known = new WeakMap<WebGPUBackend, Attached>();

/** The engine of a backend, made when it is first asked for. */
export function attachedTo(backend: WebGPUBackend): Attached {
  const found = known.get(backend);
  if (found) return found;
  const attached = attach(backend);
  known.set(backend, attached);
  return attached;
}

function attach(backend: WebGPUBackend): Attached {
  const { device } = backend;
  const memory = tensorMemory(backend);
  // TensorFlow.js collects its own work; what it has recorded so far comes before ours.
  const flush = () => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
  const pool = new BufferPool(device);
  const weightType = env().getBool(FLOAT16_WEIGHTS) ? 'float16' : 'float32';
  const gpu = new Gpu(device, { memory: pool, results: memory, weightType, before: flush });
  onRead(backend, gpu);
  onAcquire(backend, gpu);
  onEnd(backend, () => pool.empty());
  const configs = recurrentKernels<WebGPUBackend, GpuFloats>(backendOn(gpu, memory), { read, wrap });
  return {
    gpu,
    recurrent: new Map(
      configs.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc as unknown as KernelFunc]),
    ),
    pointwise: ((call: Parameters<KernelFunc>[0]) => {
      const { program, tensors, shape, length } = pointwiseOperands(call as never);
      const loads = tensors.map((tensor) => read(backend, tensor));
      return runPointwise(gpu, program, loads, length).map((floats) => wrap(backend, floats, [...shape]));
    }) as KernelFunc,
  };
}

/** A tensor's buffer, where it has been brought to the GPU if it was not there yet. */
function read(backend: WebGPUBackend, { dataId, shape }: TensorInfo): GpuFloats {
  backend.uploadToGPU(dataId);
  return {
    buffer: backend.tensorMap.get(dataId).resource as GPUBuffer,
    length: shape.reduce((product, size) => product * size, 1),
  };
}

/** A new tensor that has the buffer. */
function wrap(backend: WebGPUBackend, { buffer }: GpuFloats, shape: number[]): TensorInfo {
  const tensor = backend.makeTensorInfo(shape, 'float32');
  backend.tensorMap.get(tensor.dataId).resource = buffer;
  return tensor;
}

/** Buffers for tensors come from TensorFlow.js, and go back to it with them. They are as long as it expects: exactly. */
function tensorMemory({ bufferManager }: WebGPUBackend): Memory {
  return {
    allocate: (length) => {
      const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
      return bufferManager.acquireBuffer(4 * length, STORAGE | COPY_SRC | COPY_DST);
    },
    release: (buffer) => bufferManager.releaseBuffer(buffer),
  };
}

/** Reading a tensor throws what has gone wrong on the device, so that wrong numbers never pass for results. */
function onRead(backend: WebGPUBackend, { faults }: Gpu): void {
  const original = backend.read.bind(backend);
  backend.read = async (dataId) => {
    // A tensor that is not there is for TensorFlow.js to say.
    const resource = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId).resource : undefined;
    let values: Awaited<ReturnType<typeof original>>;
    try {
      values = await original(dataId);
    } catch (error) {
      await faults.settled();
      throw await faults.reasonOf(error);
    }
    await faults.settled();
    // What is on the host alone has no resource.
    if (resource) faults.checkBuffers([resource as GPUBuffer]);
    return values;
  };
}

/** A buffer that TensorFlow.js uses for something new no longer holds what went wrong. */
function onAcquire({ bufferManager }: WebGPUBackend, { faults }: Gpu): void {
  const original = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (...given) => {
    const buffer = original(...given);
    faults.renew(buffer);
    return buffer;
  };
}

/** Calls `then` when a backend ends. */
function onEnd(backend: WebGPUBackend, then: () => void): void {
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    then();
    dispose();
  };
}
