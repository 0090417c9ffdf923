import { MOST_WORKERS } from './chunks.js';

/** More threads rarely help: a time step of usual size has too little work for them. */
const MOST_BY_DEFAULT = 8;

/** The part of Node's `process` that this file uses: older versions have no `navigator`. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number };
}

let hasWarned = false;

/**
 * The number of threads to run on. It is 1 when threads cannot share memory, as in a page that is not cross-origin
 * isolated; a user who asked for more sees one message.
 *
 * @param requested the user's number. Default: the processors of the machine, at most 8.
 * @throws RangeError when `requested` is not a whole number from 1 to 64.
 */
export function threadCount(requested: number | undefined): number {
  if (
    requested !== undefined &&
    !(Number.isInteger(requested) && requested >= 1 && requested <= MOST_WORKERS + 1)
  ) {
    throw new RangeError(
      `The number of threads must be a whole number from 1 to ${MOST_WORKERS + 1}, but is ${requested}.`,
    );
  }
  const count = requested ?? Math.min(parallelism(), MOST_BY_DEFAULT);
  if (count === 1 || canShareMemory()) return count;
  if (requested !== undefined && !hasWarned) {
    hasWarned = true;
    console.info(
      '@sluice/backend-wasm runs on one thread: this page is not cross-origin isolated. For more, serve it with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    );
  }
  return 1;
}

/** Threads can share memory in an isolated page, and always in Node. */
function canShareMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false;
}

function parallelism(): number {
  const { navigator, process } = globalThis as {
    navigator?: { readonly hardwareConcurrency?: number };
    process?: NodeProcess;
  };
  return navigator?.hardwareConcurrency ?? process?.getBuiltinModule?.('node:os').availableParallelism() ?? 1;
}
