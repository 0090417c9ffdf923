import type { Plan } from '@sluice/core';
import { type Backend, type OwnedBuffer, withOwnedBuffers } from '@sluice/core/backend';
import { createBackend, type WarmUpOptions, warmUp } from './engine/backend.js';
import { requestDevice } from './engine/device.js';
import { Gpu } from './engine/gpu.js';
import type { WeightType } from './engine/loops.js';
import { BufferPool, type GpuFloats } from './engine/memory.js';
import type { Traffic } from './engine/recorder.js';
import type { StrategyName } from './engine/strategy.js';

export { type AdapterInfo, softwareAdapter } from '@sluice/core/backend';
export { type DeviceOptions, requestAdapter, requestDevice } from './engine/device.js';
export type { GpuFloats, StrategyName, Traffic, WarmUpOptions, WeightType };

export interface WebgpuBackendOptions {
  /** The device to compute on, which the caller destroys. Default: a device of its own, from `requestDevice()`. */
  readonly device?: GPUDevice;
  /**
   * How to run the time loop: `resident`, the whole sequence in one dispatch with a workgroup per few batch rows; `stepwise`, a
   * dispatch per step over the whole GPU; `parallel`, linear recurrences such as a minGRU's in a few dispatches over all steps,
   * others as if nothing was chosen. With the first two, cells without products of their state run in one dispatch with a thread
   * per state. Default: chosen by the sizes.
   */
  readonly strategy?: StrategyName;
  /**
   * The type to which the time loop rounds weights that multiply states. `float16` halves the bytes read at every step and
   * changes outputs of 50 steps of 128 units by 1 to 2·10⁻⁴. All else stays float32; the gradient is that of the rounded
   * weights, which must lie within ±65,504. Devices without the feature `shader-f16` use float32. Default: `float32`.
   */
  readonly weightType?: WeightType;
}

/** The WebGPU backend with its device. */
export interface WebgpuBackend extends Backend<OwnedBuffer<GpuFloats>> {
  readonly device: GPUDevice;
  /** The type of the weights in the time loop: the option's, if the device supports it. */
  readonly weightType: WeightType;
  /** Counts of the device's work since the backend was created. Subtract two to measure the calls between them. */
  readonly traffic: Traffic;
  /**
   * Compiles the kernels of a plan in the background: its forward pass and, unless `gradient` is false, its gradient, for
   * batches without a mask or with one.
   * Otherwise the first call compiles them, which takes some hundredths of a second for each.
   * @throws Error that names the kernel that does not compile.
   */
  warmUp(plan: Plan, options?: WarmUpOptions): Promise<void>;
  /** Destroys the unused buffers, and the device if the backend created it. */
  dispose(): void;
}

/**
 * Creates the WebGPU backend, without TensorFlow.js.
 *
 * Buffers hold `GPUBuffer`s of the device; release them with `release`. Calls return before the GPU has finished. The next
 * call, or `download`, throws the GPU's errors.
 *
 * @throws Error with advice when there is no WebGPU or no adapter; TypeError for an unknown `weightType`.
 */
export async function createWebgpuBackend(options: WebgpuBackendOptions = {}): Promise<WebgpuBackend> {
  const { strategy, weightType = 'float32' } = options;
  if (weightType !== 'float32' && weightType !== 'float16') {
    throw new TypeError(
      `createWebgpuBackend: weightType is '${weightType}'; expected 'float32' or 'float16'.`,
    );
  }
  const device = options.device ?? (await requestDevice());
  const pool = new BufferPool(device);
  const gpu = new Gpu(device, { memory: pool, results: pool, strategy, weightType });
  return {
    ...withOwnedBuffers(createBackend(gpu, pool)),
    device,
    weightType: gpu.weightType,
    get traffic() {
      return gpu.traffic;
    },
    warmUp: (plan, options) => warmUp(gpu, plan, options),
    dispose: () => {
      gpu.downloads.start();
      pool.empty();
      if (options.device === undefined) device.destroy();
    },
  };
}
