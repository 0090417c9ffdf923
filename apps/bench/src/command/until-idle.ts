/** A program that computes for less than this share of a while is taken for idle. */
const IDLE_SHARE = 0.05;
const WHILE_MS = 200;
/** Who compiles for longer than this is not waited for. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Waits until no thread of the program computes: engines compile in the background what has become hot, an engine of some
 * megabytes for many seconds, and on a machine of one or two cores that would be taken from whoever is measured.
 *
 * @param timeScale factor on the longest wait.
 */
export async function untilIdle(timeScale = 1): Promise<void> {
  const end = performance.now() + timeScale * LONGEST_WAIT_MS;
  for (let idle = false; !idle && performance.now() < end; ) {
    const start = performance.now();
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, WHILE_MS));
    const { user, system } = process.cpuUsage(before);
    idle = (user + system) / 1000 < IDLE_SHARE * (performance.now() - start);
  }
}
