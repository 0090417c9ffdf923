import { MOST_WORKERS } from './work-queue.js';

/** More threads than this rarely help: a time step of usual size has too little work to deal out. */
const MOST_BY_DEFAULT = 8;

/** What this file needs of Node: older versions have no `navigator`. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number };
}

let told = false;

/**
 * On how many threads to run.
 *
 * @param wanted what the user asked for; where absent, as many as the machine runs at once, at most 8. Where memory
 * cannot be shared between threads, in a page that is not cross-origin isolated, it is 1, which is said once to who asked for
 * more.
 * @throws RangeError when it is no whole number from 1 to 64.
 */
export function threadCount(wanted: number | undefined): number {
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST_WORKERS + 1)) {
    throw new RangeError(
      `The number of threads must be a whole number from 1 to ${MOST_WORKERS + 1}, but is ${wanted}.`,
    );
  }
  const count = wanted ?? Math.min(parallelism(), MOST_BY_DEFAULT);
  if (count === 1 || canShareMemory()) return count;
  if (wanted !== undefined && !told) {
    told = true;
    console.info(
      '@sluice/backend-wasm runs on one thread: this page is not cross-origin isolated. For more, serve it with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    );
  }
  return 1;
}

/** In browsers memory can be shared where the page is isolated, in Node always. */
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
