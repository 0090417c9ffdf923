import { Worker } from 'node:worker_threads';
import { cells } from '@sluice/core';
import { expect, test, vi } from 'vitest';
import { createWasmBackend } from '../../src/engine.js';
import { distance, numbersOf, workersUp } from './layer-numbers.js';

vi.mock('../../src/engine/start-worker.js', () => ({
  startWorker: (start: unknown) => {
    const worker = new Worker(new URL('./twice-worker.mjs', import.meta.url));
    worker.unref();
    worker.postMessage(start);
    return worker;
  },
}));

test.each([
  ['sru', cells.sru(), 64, 128],
  ['lstm', cells.lstm(), 64, 96],
] as const)('chunks that are done twice give the same numbers, %s', async (_, cell, batch, units) => {
  const backend = await createWasmBackend({ threads: 3 });
  // Before the workers are there, the calling thread does everything.
  const expected = await numbersOf(backend, cell, batch, units);
  await workersUp();
  for (let i = 0; i < 5; i++) {
    expect(distance(await numbersOf(backend, cell, batch, units), expected)).toBe(0);
  }
});
