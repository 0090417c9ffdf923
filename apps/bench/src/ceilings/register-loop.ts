import { type BackendName, backendNamed } from '../backends.js';
import { cpuRegisterLoop } from './cpu-loop.js';
import { wasmRegisterLoop } from './wasm-loop.js';
import { webgpuRegisterLoop } from './webgpu-loop.js';

/** Multiplies and adds in registers for a number of iterations. */
export interface RegisterLoop {
  readonly flopsPerIteration: number;
  run(iterations: number): Promise<unknown>;
}

const LOOPS = { cpu: cpuRegisterLoop, wasm: wasmRegisterLoop, webgpu: webgpuRegisterLoop };

/** Shorter runs would end within one step of a browser's clock. */
const SHORTEST_RUN_MS = 1;
const RUNS = 4;

/**
 * GFLOP/s of a loop that multiplies and adds and never leaves the registers, on one thread of a backend (or on its
 * whole device): what no program can exceed there. The fastest of some runs.
 *
 * @param seconds that a run lasts at least; a thousandth in any case.
 */
export async function registerLoopSpeed(backend: BackendName, seconds: number): Promise<number> {
  const { flopsPerIteration, run } = await LOOPS[backendNamed(backend).tfjsName]();
  const millisecondsOf = async (iterations: number) => {
    const start = performance.now();
    await run(iterations);
    return performance.now() - start;
  };
  // The first runs compile; then as many iterations as last long enough.
  const runMs = Math.max(SHORTEST_RUN_MS, 1000 * seconds);
  let iterations = 50;
  let milliseconds = await millisecondsOf(iterations);
  while (milliseconds < runMs) {
    iterations *= 2;
    milliseconds = await millisecondsOf(iterations);
  }
  let fastest = milliseconds;
  for (let i = 0; i < RUNS; i++) fastest = Math.min(fastest, await millisecondsOf(iterations));
  return (flopsPerIteration * iterations) / fastest / 1e6;
}
