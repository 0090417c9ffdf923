import { type BackendName, backendNamed } from '../backends.js';
import { askWithin, type BenchWorker, type Request } from '../workers/protocol.js';

/** The highest speeds of a backend, in GFLOP/s. No layer is faster. */
export interface Ceiling {
  readonly backend: BackendName;
  /** Of a loop in registers, on every thread at once; see `registerLoopSpeed`. */
  readonly registerLoop: number;
  /** Of a large matrix product; see `matrixProductSpeed`. */
  readonly matrixProduct: number;
}

/** A ceiling, or the reason why there is none. */
export type CeilingReport = Ceiling | { readonly backend: BackendName; readonly skipped: string };

export interface CeilingOptions {
  readonly startWorker: () => BenchWorker;
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

/** Measures the ceiling of a backend: the loop in as many workers as it has threads, then the product in one. */
export async function measureCeiling(backend: BackendName, options: CeilingOptions): Promise<CeilingReport> {
  const { startWorker, limitSeconds, timeScale = 1, signal } = options;
  const workers = Array.from({ length: backendNamed(backend).threads }, startWorker);
  const stopAll = () => {
    for (const worker of workers) worker.stop();
  };
  signal?.addEventListener('abort', stopAll);
  const ask = async (worker: BenchWorker, kind: 'registerLoop' | 'matrixProduct', seconds: number) => {
    const request: Request = { kind, backend, seconds: timeScale * seconds };
    return (await askWithin(limitSeconds, worker, `the ceiling (${kind})`, request)) as number;
  };
  try {
    const loops = await Promise.all(workers.map((worker) => ask(worker, 'registerLoop', LOOP_SECONDS)));
    const registerLoop = loops.reduce((sum, speed) => sum + speed, 0);
    const matrixProduct = await ask(workers[0], 'matrixProduct', PRODUCT_SECONDS);
    return { backend, registerLoop: fourDigits(registerLoop), matrixProduct: fourDigits(matrixProduct) };
  } catch (error) {
    return { backend, skipped: (error as Error).message };
  } finally {
    signal?.removeEventListener('abort', stopAll);
    stopAll();
  }
}

/** A measured ceiling is no more exact than this. */
const fourDigits = (value: number): number => Number(value.toPrecision(4));
