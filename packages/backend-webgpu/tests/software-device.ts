import { SOFTWARE_FLAGS } from '../../../scripts/browser/software-vulkan.mjs';
import { type DeviceOptions, requestDevice } from '../src/engine/device.js';
import { setUpWebGPU } from '../src/node.js';

export { SOFTWARE_FLAGS };

/**
 * A device for tests in Node, on Linux of the software GPU that comes with the Chromium to test with (vitest.config.ts
 * sets the environment for it), elsewhere of the machine's GPU. Destroy it in `afterAll`.
 *
 * @param limits WebGPU's default limits, or the adapter's larger ones and its optional features
 */
export async function softwareDevice(limits: NonNullable<DeviceOptions['limits']>): Promise<GPUDevice> {
  await setUpWebGPU({ flags: SOFTWARE_FLAGS });
  return requestDevice({ limits });
}
