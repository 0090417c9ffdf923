import { sum } from 'd3-array';
import { type BackendName, backendNamed } from '../backends.js';
import type { CeilingReport } from '../run/results.js';
import type { RunOptions } from '../run/run-series.js';
import { askWithin, type BenchWorker, withWorkers } from '../workers/protocol.js';

/** Seconds of one run of the loop: long enough for the clock of any browser, short enough for several. */
const LOOP_SECONDS = 0.05;
/** Matrices grow until one product would take longer than this. */
const PRODUCT_SECONDS = 0.5;

/** Measures the ceiling of a backend: the loop in as many workers as it has threads, then the product in one. */
export async function measureCeiling(
  backend: BackendName,
  options: Pick<RunOptions, 'startWorker' | 'limitSeconds' | 'timeScale' | 'signal'>,
): Promise<CeilingReport> {
  const { limitSeconds, timeScale = 1 } = options;
  const ask = (worker: BenchWorker, kind: 'registerLoop' | 'matrixProduct', seconds: number) =>
    askWithin(limitSeconds, worker, `the ceiling (${kind})`, { kind, backend, seconds: timeScale * seconds });
  try {
    return await withWorkers(options, async (start) => {
      const workers = Array.from({ length: backendNamed(backend).threads }, start);
      const loops = await Promise.all(workers.map((worker) => ask(worker, 'registerLoop', LOOP_SECONDS)));
      const matrixProduct = await ask(workers[0], 'matrixProduct', PRODUCT_SECONDS);
      return { backend, registerLoop: sum(loops), matrixProduct };
    });
  } catch (error) {
    return { backend, skipped: (error as Error).message };
  }
}
