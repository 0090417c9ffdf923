import { MOST_WORKERS } from './chunks.js';

/** More threads rarely help: a time step of usual size has too little work for them. */
const MOST_BY_DEFAULT = 8;

/** The part of Node's `process` that this file uses: older versions have no `navigator`. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number };
}

let hasWarned = false;

/** The number of threads of a backend, and the memory that they share. */
export interface ThreadChoice {
  readonly threads: number;
  readonly memory: WebAssembly.Memory;
}

/**
 * Chooses the threads of a backend. Pages that have one thread do not load this file.
 *
 * @param requested the user's number.
 * @param memory the user's memory.
 * @param isUnshared whether threads cannot share that memory.
 * @param canShare whether threads can share memory at all.
 * @throws what `threadCount` throws; TypeError when threads cannot share the memory.
 */
export function chooseThreads(
  requested: number | undefined,
  memory: WebAssembly.Memory | undefined,
  isUnshared: boolean,
  canShare: boolean,
): ThreadChoice {
  if (isUnshared && (requested ?? 1) > 1) {
    throw new TypeError(
      `${requested} threads need a memory that they share: create it with shared: true, or leave it out.`,
    );
  }
  const threads = isUnshared ? 1 : threadCount(requested, canShare);
  return {
    threads,
    memory: memory ?? (threads > 1 ? createSharedMemory() : new WebAssembly.Memory({ initial: 1 })),
  };
}

/** A new memory for threads. It reserves its maximum at once: 4 GB, or 1 GB on a machine that refuses 4. */
export function createSharedMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  } catch {
    return new WebAssembly.Memory({ initial: 1, maximum: 16_384, shared: true });
  }
}

/**
 * The number of threads to run on. It is 1 when threads cannot share memory, as in a page that is not cross-origin
 * isolated; a user who asked for more sees one message.
 *
 * @param requested the user's number. Default: the processors of the machine, at most 8.
 * @param canShare whether threads can share memory.
 * @throws RangeError when `requested` is not a whole number from 1 to 64.
 */
export function threadCount(requested: number | undefined, canShare: boolean): number {
  if (
    requested !== undefined &&
    !(Number.isInteger(requested) && requested >= 1 && requested <= MOST_WORKERS + 1)
  ) {
    throw new RangeError(
      `The number of threads must be a whole number from 1 to ${MOST_WORKERS + 1}, but is ${requested}.`,
    );
  }
  const count = requested ?? Math.min(parallelism(), MOST_BY_DEFAULT);
  if (count === 1 || canShare) return count;
  if (requested !== undefined && !hasWarned) {
    hasWarned = true;
    console.info(
      '@sluice/backend-wasm runs on one thread: this page is not cross-origin isolated. For more, serve it with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    );
  }
  return 1;
}

function parallelism(): number {
  const { navigator, process } = globalThis as {
    navigator?: { readonly hardwareConcurrency?: number };
    process?: NodeProcess;
  };
  return navigator?.hardwareConcurrency ?? process?.getBuiltinModule?.('node:os').availableParallelism() ?? 1;
}
