import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { untilIdle } from '../src/until-idle.js';

test('waits as long as a thread of the program computes', async () => {
  const busyMs = 1000;
  const worker = new Worker(`const end = Date.now() + ${busyMs}; while (Date.now() < end);`, { eval: true });
  await new Promise((resolve) => worker.once('online', resolve));
  const start = performance.now();
  await untilIdle();
  // The worker has been computing for a moment already.
  expect(performance.now() - start).toBeGreaterThan(busyMs * 0.8);
});
