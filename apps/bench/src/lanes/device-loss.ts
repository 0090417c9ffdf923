let tell: (why: string) => void;
const lost = new Promise<string>((resolve) => {
  tell = resolve;
});

/** How long a call that fails waits for the news that its device is lost: that may come a little later. */
const NEWS_MS = 200;

/** From now on the loss of this device is the reason for whatever fails in this lane. */
export function watchDevice(device: GPUDevice): void {
  void device.lost.then(({ reason, message }) => tell(message || reason));
}

/** The work's value; when it fails because the device is lost, or would wait for it for good, the error says so. */
export async function unlessLost<T>(work: Promise<T>): Promise<T> {
  const loss = lost.then((why): never => {
    throw new Error(`the WebGPU device was lost: ${why}`);
  });
  loss.catch(() => {});
  try {
    return await Promise.race([work, loss]);
  } catch (error) {
    const news = new Promise<void>((resolve) => setTimeout(resolve, NEWS_MS));
    await Promise.race([loss, news]);
    throw error;
  }
}
