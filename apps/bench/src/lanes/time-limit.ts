import type { Lane } from './messages.js';

/** The promise's value; when it takes longer than the limit, the lane is stopped and what it did is said. */
export async function within<T>(
  limitSeconds: number,
  lane: Lane,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} did not finish within the limit of ${limitSeconds} s`));
      lane.stop();
    }, limitSeconds * 1000);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
