import type { Plan } from '@sluice/core';
import { type Backend, type OwnedBuffer, withOwnedBuffers } from '@sluice/core/backend';
import { backendOn } from './engine/backend-on.js';
import { requestDevice } from './engine/device.js';
import { Gpu } from './engine/gpu.js';
import type { GpuFloats } from './engine/gpu-floats.js';
import { BufferPool } from './engine/memory.js';
import type { WeightType } from './engine/run-loop.js';
import type { StrategyName } from './engine/strategy.js';
import type { Traffic } from './engine/traffic.js';
import { warmUp } from './engine/warm-up.js';

export { type AdapterInfo, softwareAdapter } from '@sluice/core/backend';
export { type DeviceOptions, requestAdapter, requestDevice } from './engine/device.js';
export type { GpuFloats, StrategyName, Traffic, WeightType };

export interface WebgpuBackendOptions {
  /** The device to compute on, which stays the caller's. Default: one of its own, with all that the adapter has. */
  readonly device?: GPUDevice;
  /**
   * How the time loop of cells with products of their state is run: `resident`, a whole sequence in one dispatch by a workgroup
   * per few batch rows, or `stepwise`, a dispatch per step over the whole GPU. Default: what suits the sizes.
   */
  readonly strategy?: StrategyName;
  /**
   * What the time loop rounds the weights to that multiply states. `float16` halves what it reads at every step, and moves the
   * outputs of 50 steps of 128 units by 1 to 2·10⁻⁴; sums and all else stay float32, and the gradient is that of the rounded weights.
   * They must lie within ±65,504. It takes a device with the feature `shader-f16`; others go on with float32. Default: `float32`.
   */
  readonly weightType?: WeightType;
}

/** The WebGPU backend, which has a device to destroy. */
export interface WebgpuBackend extends Backend<OwnedBuffer<GpuFloats>> {
  readonly device: GPUDevice;
  /** What the time loop rounds weights to: what was asked for, where the device can. */
  readonly weightType: WeightType;
  /** What it has asked of the device since it was made; the differences of two tell what the calls between them take. */
  readonly traffic: Traffic;
  /**
   * Compiles what a plan needs before it is needed, in the background: its forward pass, and its gradient unless `gradient` is
   * false. Otherwise the first call does that, which holds it up by some hundredths of a second for each kernel.
   * @throws Error naming the kernel when one does not compile.
   */
  warmUp(plan: Plan, options?: { readonly gradient?: boolean }): Promise<void>;
  /** Destroys the device if it is the backend's own, and the buffers that wait to be used again. */
  dispose(): void;
}

/**
 * The WebGPU backend, without TensorFlow.js.
 *
 * Buffers hold `GPUBuffer`s of the device and must be given back with `release`. Calls return before the GPU has done the work;
 * what goes wrong there is thrown by the next call, or by `download`.
 *
 * @throws Error that says what to do when there is no WebGPU or no adapter; TypeError for an unknown `weightType`.
 */
export async function createWebgpuBackend(options: WebgpuBackendOptions = {}): Promise<WebgpuBackend> {
  const { strategy, weightType = 'float32' } = options;
  if (weightType !== 'float32' && weightType !== 'float16') {
    throw new TypeError(`createWebgpuBackend: weightType is '${weightType}'; give 'float32' or 'float16'.`);
  }
  const device = options.device ?? (await requestDevice());
  const pool = new BufferPool(device);
  const gpu = new Gpu(device, { memory: pool, results: pool, strategy, weightType });
  return {
    ...withOwnedBuffers(backendOn(gpu, pool)),
    device,
    weightType: gpu.weightType,
    get traffic() {
      return gpu.traffic;
    },
    warmUp: (plan, { gradient = true } = {}) => warmUp(gpu, plan, gradient),
    dispose: () => {
      gpu.downloads.start();
      pool.empty();
      if (options.device === undefined) device.destroy();
    },
  };
}
