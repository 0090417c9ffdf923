import { type DeviceOptions, requestDevice } from '../src/engine/device.js';
import { setUpWebGPU } from '../src/node.js';

/**
 * Workgroup memory is left as it is: setting it to 0 makes the software GPU take most of a second to compile a kernel, and hides
 * kernels that count on zeros there.
 */
export const SOFTWARE_FLAGS = ['enable-dawn-features=disable_workgroup_init'];

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
