import { type BackendName, backendNamed } from '../backends.js';
import type { Lane, Request } from '../lanes/messages.js';
import { within } from '../lanes/time-limit.js';

/** What a backend can reach at most, in GFLOP/s. */
export interface Ceiling {
  readonly backend: BackendName;
  /** Of a loop that never leaves the registers, on every thread at once; see `registerLoopSpeed`. */
  readonly registerLoop: number;
  /** Of a large matrix product; see `matrixProductSpeed`. */
  readonly matrixProduct: number;
}

/** A ceiling, or why there is none. */
export type CeilingReport = Ceiling | { readonly backend: BackendName; readonly skipped: string };

export interface CeilingOptions {
  readonly startLane: () => Lane;
  /** Seconds that one measurement may take. */
  readonly limitSeconds: number;
  /** Factor on the seconds of each run, see `RunOptions`. */
  readonly timeScale?: number;
  readonly signal?: AbortSignal;
}

/** Seconds of one run of the loop: long enough for the clock of any browser, short enough for several. */
const LOOP_SECONDS = 0.05;
/** Matrices grow until one product would take longer than this. */
const PRODUCT_SECONDS = 0.5;

/** Measures what a backend can reach: the loop in as many lanes as it has threads, then the product in one. */
export async function measureCeiling(backend: BackendName, options: CeilingOptions): Promise<CeilingReport> {
  const lanes = Array.from({ length: backendNamed(backend).threads }, options.startLane);
  const stopAll = () => {
    for (const lane of lanes) lane.stop();
  };
  options.signal?.addEventListener('abort', stopAll);
  const { timeScale = 1 } = options;
  const ask = <R extends Request>(lane: Lane, request: R, what: string) =>
    within(options.limitSeconds, lane, what, lane.ask(request));
  try {
    const loop = { kind: 'registerLoop', backend, seconds: timeScale * LOOP_SECONDS } as const;
    const loops = lanes.map((lane) => ask(lane, loop, 'the register loop'));
    const registerLoop = (await Promise.all(loops)).reduce((sum, speed) => sum + speed, 0);
    const product = { kind: 'matrixProduct', backend, seconds: timeScale * PRODUCT_SECONDS } as const;
    const matrixProduct = await ask(lanes[0], product, 'the matrix product');
    return { backend, registerLoop: fourDigits(registerLoop), matrixProduct: fourDigits(matrixProduct) };
  } catch (error) {
    return { backend, skipped: (error as Error).message };
  } finally {
    options.signal?.removeEventListener('abort', stopAll);
    stopAll();
  }
}

/** A ceiling is not known any better. */
const fourDigits = (value: number): number => Number(value.toPrecision(4));
