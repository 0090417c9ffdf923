import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { untilIdle } from '../src/command/machine.js';

/** Starts a thread that computes for so long. */
async function startBusyThread(busyMs: number): Promise<void> {
  const worker = new Worker(`const end = Date.now() + ${busyMs}; while (Date.now() < end);`, { eval: true });
  await new Promise((resolve) => worker.once('online', resolve));
}

test('waits as long as a thread of the program computes', async () => {
  const busyMs = 500;
  await startBusyThread(busyMs);
  const start = performance.now();
  await untilIdle();
  // The worker has been computing for a moment already.
  expect(performance.now() - start).toBeGreaterThan(busyMs * 0.8);
});

test('waits no longer than the scaled longest wait', async () => {
  const busyMs = 2000;
  await startBusyThread(busyMs);
  const start = performance.now();
  await untilIdle(0.01);
  expect(performance.now() - start).toBeLessThan(busyMs);
});
