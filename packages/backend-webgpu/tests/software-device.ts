import { SOFTWARE_FLAGS } from '../../../scripts/browser/software-vulkan.mjs';
import { type DeviceOptions, requestDevice } from '../src/engine/device.js';
import { setUpWebGPU } from '../src/node.js';

export { SOFTWARE_FLAGS };

/**
 * Requests a device for tests in Node: on Linux of the software adapter of Chromium (vitest.config.ts sets the environment),
 * elsewhere of the machine's GPU. Destroy it in `afterAll`.
 *
 * @param limits WebGPU's default limits, or the adapter's limits and optional features.
 */
export async function softwareDevice(limits: NonNullable<DeviceOptions['limits']>): Promise<GPUDevice> {
  await setUpWebGPU({ flags: SOFTWARE_FLAGS });
  return requestDevice({ limits });
}
