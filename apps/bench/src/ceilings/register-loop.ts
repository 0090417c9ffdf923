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

/** Long enough for the clock of any browser, short enough for several. */
const RUN_MS = 50;
const RUNS = 4;

/**
 * GFLOP/s of a loop that multiplies and adds and never leaves the registers, on one thread of a backend (or on its
 * whole device): what no program can exceed there. The fastest of some runs.
 */
export async function registerLoopSpeed(backend: BackendName): Promise<number> {
  const { flopsPerIteration, run } = await LOOPS[backendNamed(backend).tfjsName]();
  const millisecondsOf = async (iterations: number) => {
    const start = performance.now();
    await run(iterations);
    return performance.now() - start;
  };
  // The first runs compile; then as many iterations as last long enough.
  let iterations = 50;
  let milliseconds = await millisecondsOf(iterations);
  while (milliseconds < RUN_MS) {
    iterations *= 2;
    milliseconds = await millisecondsOf(iterations);
  }
  let fastest = milliseconds;
  for (let i = 0; i < RUNS; i++) fastest = Math.min(fastest, await millisecondsOf(iterations));
  return (flopsPerIteration * iterations) / fastest / 1e6;
}
