import { describe, expect, test } from 'vitest';
import { measureCeiling } from '../src/ceilings/ceilings.js';
import { cpuRegisterLoop } from '../src/ceilings/register-loop.js';
import { wasmRegisterLoop } from '../src/ceilings/wasm-loop.js';
import type { BenchWorker, Request } from '../src/workers/protocol.js';
import { createServer } from '../src/workers/serve.js';

/** A worker in this thread that notes its requests. */
function startRecorded(
  asked: string[],
  answers: Partial<Record<Request['kind'], () => Promise<number>>> = {},
) {
  const serve = createServer();
  let stopped = 0;
  const startWorker = (): BenchWorker => ({
    ask: ((request: Request) => {
      asked.push(request.kind);
      return answers[request.kind]?.() ?? serve(request);
    }) as BenchWorker['ask'],
    stop: () => {
      stopped += 1;
    },
  });
  return { startWorker, stopped: () => stopped };
}

describe('a loop in registers', () => {
  // Each of 8 numbers, and in WebAssembly of 12, tends to 1; their sum is what comes back.
  test.each([
    ['cpu', cpuRegisterLoop, 8],
    ['wasm', wasmRegisterLoop, 12],
  ] as const)('of %s computes what it says', async (_, create, sum) => {
    const { flopsPerIteration, run } = await create();
    expect(await run(20_000)).toBeCloseTo(sum, 3);
    expect(flopsPerIteration % (2 * sum)).toBe(0);
  });
});

describe('the ceiling of a backend', () => {
  test('is measured in one worker, and is a speed', async () => {
    const asked: string[] = [];
    const { startWorker, stopped } = startRecorded(asked);
    const ceiling = await measureCeiling('cpu', { startWorker, limitSeconds: 30, timeScale: 0 });
    expect(ceiling).toEqual({
      backend: 'cpu',
      registerLoop: expect.any(Number),
      matrixProduct: expect.any(Number),
    });
    expect('skipped' in ceiling || Math.min(ceiling.registerLoop, ceiling.matrixProduct)).toBeGreaterThan(
      0.001,
    );
    expect(asked).toEqual(['registerLoop', 'matrixProduct']);
    expect(stopped()).toBe(1);
  });

  test('with several threads is the sum of their speeds at the same time', async () => {
    const asked: string[] = [];
    let running = 0;
    const registerLoop = async () => {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return running;
    };
    const { startWorker } = startRecorded(asked, { registerLoop, matrixProduct: async () => 5 });
    const ceiling = await measureCeiling('wasm-3', { startWorker, limitSeconds: 30 });
    expect(ceiling).toEqual({ backend: 'wasm-3', registerLoop: 9, matrixProduct: 5 });
  });

  test('is a reason if it cannot be measured', async () => {
    const registerLoop = () => Promise.reject(new Error('no SIMD'));
    const { startWorker, stopped } = startRecorded([], { registerLoop });
    expect(await measureCeiling('wasm', { startWorker, limitSeconds: 30 })).toEqual({
      backend: 'wasm',
      skipped: 'no SIMD',
    });
    expect(stopped()).toBe(1);
  });
});
