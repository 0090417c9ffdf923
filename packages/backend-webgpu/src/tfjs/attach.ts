import { pointwiseOperands, recurrentKernels, type TensorInfo } from '@sluice/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { env, type KernelFunc } from '@tensorflow/tfjs-core';
import { createBackend } from '../engine/backend.js';
import { Gpu } from '../engine/gpu.js';
import { BufferPool, type GpuFloats, type Memory } from '../engine/memory.js';
import { runPointwise } from '../engine/pointwise.js';

/** Sluice's engine on the device of one TensorFlow.js backend. */
export interface Attachment {
  readonly gpu: Gpu;
  /** The recurrent kernels by name. */
  readonly recurrent: ReadonlyMap<string, KernelFunc>;
  readonly pointwise: KernelFunc;
}

/** A flag of TensorFlow.js: whether time loops round their weights to 16 bits (the engine's `weightType`). */
export const FLOAT16_WEIGHTS = 'SLUICE_WEBGPU_FLOAT16_WEIGHTS';
env().registerFlag(FLOAT16_WEIGHTS, () => false);

const attachments = new WeakMap<WebGPUBackend, Attachment>();

/** Returns the engine of a TensorFlow.js backend, and creates it on the first call. */
export function attach(backend: WebGPUBackend): Attachment {
  const attachment = attachments.get(backend) ?? createAttachment(backend);
  attachments.set(backend, attachment);
  return attachment;
}

function createAttachment(backend: WebGPUBackend): Attachment {
  const { device } = backend;
  const memory = tensorMemory(backend);
  // TensorFlow.js batches its commands; those recorded so far must run before ours.
  const flush = () => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
  const pool = new BufferPool(device);
  const weightType = env().getBool(FLOAT16_WEIGHTS) ? 'float16' : 'float32';
  const gpu = new Gpu(device, { memory: pool, results: memory, weightType, beforeSubmit: flush });
  throwFaultsOnRead(backend, gpu);
  forgetFaultsOnAcquire(backend, gpu);
  callOnDispose(backend, () => pool.empty());
  const configs = recurrentKernels<WebGPUBackend, GpuFloats>(createBackend(gpu, memory), { read, wrap });
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

/** Returns a tensor's buffer, and uploads the tensor if it is not on the GPU yet. */
function read(backend: WebGPUBackend, { dataId, shape }: TensorInfo): GpuFloats {
  backend.uploadToGPU(dataId);
  return {
    buffer: backend.tensorMap.get(dataId).resource as GPUBuffer,
    length: shape.reduce((product, size) => product * size, 1),
  };
}

/** Wraps a buffer in a new tensor, which owns it. */
function wrap(backend: WebGPUBackend, { buffer }: GpuFloats, shape: number[]): TensorInfo {
  const tensor = backend.makeTensorInfo(shape, 'float32');
  backend.tensorMap.get(tensor.dataId).resource = buffer;
  return tensor;
}

/** Allocates buffers of tensors by TensorFlow.js, which releases them with the tensors. It needs their exact length. */
function tensorMemory({ bufferManager }: WebGPUBackend): Memory {
  return {
    allocate: (length) => {
      const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
      return bufferManager.acquireBuffer(4 * length, STORAGE | COPY_SRC | COPY_DST);
    },
    release: (buffer) => bufferManager.releaseBuffer(buffer),
  };
}

/** Makes reading a tensor throw the device's errors, so that wrong numbers are never returned. */
function throwFaultsOnRead(backend: WebGPUBackend, { faults }: Gpu): void {
  const original = backend.read.bind(backend);
  backend.read = async (dataId) => {
    // TensorFlow.js reports a tensor that does not exist.
    const resource = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId).resource : undefined;
    let values: Awaited<ReturnType<typeof original>>;
    try {
      values = await original(dataId);
    } catch (error) {
      await faults.settled();
      throw await faults.findReason(error);
    }
    await faults.settled();
    // A tensor that is only on the host has no resource.
    if (resource) faults.checkBuffers([resource as GPUBuffer]);
    return values;
  };
}

/** Forgets the error of a buffer when TensorFlow.js allocates it again. */
function forgetFaultsOnAcquire({ bufferManager }: WebGPUBackend, { faults }: Gpu): void {
  const original = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (...options) => {
    const buffer = original(...options);
    faults.renew(buffer);
    return buffer;
  };
}

/** Calls `then` before a backend is disposed. */
function callOnDispose(backend: WebGPUBackend, then: () => void): void {
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    then();
    dispose();
  };
}
