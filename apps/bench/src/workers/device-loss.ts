import { within } from './within.js';

let resolveLoss: (why: string) => void;
const lost = new Promise<string>((resolve) => {
  resolveLoss = resolve;
});

/** How long a failed call waits for `device.lost`, which may resolve a little later than the call fails. */
const LOSS_TIMEOUT_MS = 200;

/** Makes the loss of this device the reason of every later failure in this thread. */
export function watchDevice(device: GPUDevice): void {
  void device.lost.then(({ reason, message }) => resolveLoss(message || reason));
}

/** The value of `work`. When the device is lost, the error says so, without waiting for `work`. */
export async function unlessLost<T>(work: Promise<T>): Promise<T> {
  const loss = lost.then((why): never => {
    throw new Error(`the WebGPU device was lost: ${why}`);
  });
  loss.catch(() => {});
  try {
    return await Promise.race([work, loss]);
  } catch (error) {
    return within(LOSS_TIMEOUT_MS, loss, () => {
      throw error;
    });
  }
}
