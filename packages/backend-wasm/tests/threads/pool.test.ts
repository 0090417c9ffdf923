import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadKernels } from '../../src/engine/fixed-kernels.js';
import { GrowingHeap } from '../../src/engine/heap.js';
import { createTools } from '../../src/engine/sequence/loop.js';
import type { startWorker, WorkerStart } from '../../src/engine/start-worker.js';
import { MULTIPLY_ROWS, RUN_PROGRAM } from '../../src/engine/threads/chunks.js';
import { Pool } from '../../src/engine/threads/pool.js';

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const sleep = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

const [ROWS, DEPTH, COLUMNS, CHUNKS] = [64, 20, 32, 8];

/** Runs a product on a pool whose worker runs a script of the tests. Returns its numbers and the expected ones. */
async function productWith(
  script: string,
  before: (pool: Pool, multiply: () => void) => Promise<void>,
  { onChunk = () => {}, workerTimeoutMs = 2000 } = {},
) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true });
  const heap = new GrowingHeap(memory);
  const loaded = await loadKernels(memory, false);
  const { fixed } = loaded;
  const workers: Worker[] = [];
  const start: typeof startWorker = (message: WorkerStart, onEnd) => {
    const worker = new Worker(new URL(script, import.meta.url));
    worker.on('exit', onEnd);
    online.push(once(worker, 'online'));
    worker.unref();
    worker.postMessage(message);
    workers.push(worker);
    return worker;
  };
  // The main thread takes its time for each chunk, so that a worker gets one.
  const slowMultiply: typeof fixed.multiply = (...operands) => {
    sleep(50);
    onChunk();
    fixed.multiply(...operands);
  };
  const slow = { ...fixed, multiply: slowMultiply };
  const tools = createTools(memory, slow, heap.allocate(fixed.scratchBytes()), () => () => {});
  const pool = new Pool(heap, loaded, 2, tools, start, workerTimeoutMs);
  const [a, b, c, packed] = [ROWS * DEPTH, DEPTH * COLUMNS, ROWS * COLUMNS, DEPTH * COLUMNS].map((n) =>
    heap.allocate(n * 4),
  );
  const floats = (address: number, length: number) => new Float32Array(memory.buffer, address, length);
  floats(a, ROWS * DEPTH).forEach((_, i, all) => {
    all[i] = (i % 7) - 3;
  });
  floats(b, DEPTH * COLUMNS).forEach((_, i, all) => {
    all[i] = (i % 5) - 2;
  });
  fixed.pack(b, COLUMNS * 4, 4, DEPTH, COLUMNS, packed);
  const result = floats(c, ROWS * COLUMNS);
  const multiply = () => {
    result.fill(Number.NaN);
    const operands = [a, DEPTH * 4, 4, packed, c, COLUMNS * 4, 4, ROWS, DEPTH, COLUMNS, CHUNKS];
    pool.run(MULTIPLY_ROWS, operands, CHUNKS);
  };
  await before(pool, multiply);
  multiply();
  const expected = Array.from(result, (_, i) => {
    const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
    let sum = 0;
    for (let k = 0; k < DEPTH; k++) {
      sum += floats(a, ROWS * DEPTH)[row * DEPTH + k] * floats(b, DEPTH * COLUMNS)[k * COLUMNS + column];
    }
    return sum;
  });
  const numbers = [...result];
  const hadWorkers = pool.hasWorkers;
  pool.stop();
  await Promise.all(workers.map((worker) => worker.terminate()));
  return { numbers, expected, hadWorkers };
}

/** Resolved when the workers run. */
let online: Promise<unknown>[] = [];
beforeEach(() => {
  online = [];
});

const workerUp = async () => {
  await Promise.all(online);
  await new Promise((resolve) => setTimeout(resolve, 500));
};

describe('a job gives the right numbers with a worker', () => {
  test.each([
    ['that never takes a chunk', './deaf-worker.mjs', 0],
    ['that ends while it runs a chunk', './dying-worker.mjs', 1],
    ['that hangs while it runs a chunk', './hanging-worker.mjs', 1],
    ['that reports that its chunk failed', './failing-worker.mjs', 0],
  ])(
    '%s',
    async (_name, script, warnings) => {
      const { numbers, expected } = await productWith(
        script,
        async (_, multiply) => {
          multiply();
          await workerUp();
        },
        // None of these workers finishes a chunk, so a short timeout is safe on a busy machine.
        { workerTimeoutMs: 200 },
      );
      expect(numbers).toEqual(expected);
      expect(warn).toHaveBeenCalledTimes(warnings);
      if (warnings > 0) expect(warn.mock.calls[0][0]).toMatch(/has ended or hangs; 0 of 1 are left/);
    },
    20_000,
  );

  test('that ends between two jobs, with a warning', async () => {
    const { numbers, expected, hadWorkers } = await productWith(
      './ending-worker.mjs',
      async (_, multiply) => {
        multiply();
        await workerUp();
      },
    );
    expect(hadWorkers).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(numbers).toEqual(expected);
  });

  test('until the pool is stopped, and on the main thread after that', async () => {
    const { numbers, expected, hadWorkers } = await productWith(
      '../../dist/engine/threads/worker.js',
      async (stopping, multiply) => {
        multiply();
        await workerUp();
        stopping.stop();
        await workerUp();
      },
    );
    expect(hadWorkers).toBe(false);
    expect(warn).not.toHaveBeenCalled();
    expect(numbers).toEqual(expected);
  });

  test('that cannot be started, with one warning', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true });
    const heap = new GrowingHeap(memory);
    const loaded = await loadKernels(memory, false);
    const done: number[] = [];
    const scratch = heap.allocate(loaded.fixed.scratchBytes());
    const program = () => (rows: number) => done.push(rows);
    const pool = new Pool(heap, loaded, 3, createTools(memory, loaded.fixed, scratch, program), () => {
      throw new Error('workers are not allowed here');
    });
    const blocks = heap.allocate(1000);
    new Uint8Array(memory.buffer, blocks, 1000).fill(0);
    expect(pool.running).toBe(3);
    for (let i = 0; i < 2; i++) pool.run(RUN_PROGRAM, [0, 0, 10, 2, blocks, 100, 0], 2);
    expect(done).toEqual([5, 5, 5, 5]);
    expect(pool.running).toBe(1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/could start 0 of 2 worker threads: workers are not allowed here/);
  });

  test('that still ran a chunk of the previous job when that job threw', async () => {
    let armed = false;
    const { numbers, expected } = await productWith(
      './one-chunk-worker.mjs',
      async (_, multiply) => {
        multiply();
        await workerUp();
        armed = true;
        expect(multiply).toThrow(/once/);
      },
      {
        onChunk: () => {
          if (!armed) return;
          armed = false;
          throw new Error('once');
        },
      },
    );
    expect(numbers).toEqual(expected);
  });
});
