import { getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { DEVICE_NAMES, type Device } from '../protocol.js';

const imports: Readonly<Record<Device, () => Promise<unknown>>> = {
  wasm: () => import('@sluice/backend-wasm'),
  webgpu: () => import('@sluice/backend-webgpu'),
  cpu: () => import('@sluice/backend-cpu'),
};

/**
 * Makes a device current.
 *
 * @throws Error that says what is missing, and which other device to choose.
 */
export async function startDevice(device: Device): Promise<void> {
  if (getBackend() === device) return;
  const problem = (reason: string) =>
    new Error(
      `${DEVICE_NAMES[device]} does not start here: ${reason} Choose another device, such as ${DEVICE_NAMES[device === 'wasm' ? 'cpu' : 'wasm']}.`,
    );
  try {
    await imports[device]();
    const isStarted = await setBackend(device);
    await ready();
    if (isStarted && getBackend() === device) return;
  } catch (error) {
    throw problem(error instanceof Error ? error.message : String(error));
  }
  throw problem('this browser or this machine lacks it.');
}
