/** The message that starts a worker. (This file is in this folder so that its URLs begin as those of the kernels.) */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Addresses of the work queue and of the worker's scratch memory. */
  readonly queue: number;
  readonly scratch: number;
  /** The worker's number, from 0. */
  readonly worker: number;
}

/** A running worker. */
export interface StartedWorker {
  /** Ends the worker, even in the middle of a chunk. */
  terminate(): void;
}

/** The part of Node's `process` that this file uses. Node's workers, unlike a browser's, can let the program end. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): {
    readonly Worker: new (
      url: URL,
    ) => StartedWorker & {
      postMessage(message: WorkerStart): void;
      unref(): void;
      on(event: 'error' | 'exit', listener: () => void): void;
    };
  };
}

/**
 * Starts a worker, in Node or in a browser.
 *
 * @param onEnd called when the worker ends by itself.
 */
export function startWorker(start: WorkerStart, onEnd: () => void): StartedWorker {
  const { process } = globalThis as { process?: NodeProcess };
  if (process?.getBuiltinModule) {
    const { Worker: NodeWorker } = process.getBuiltinModule('node:worker_threads');
    const worker = new NodeWorker(new URL('../../dist/engine/threads/worker.js', import.meta.url));
    worker.on('error', onEnd);
    worker.on('exit', onEnd);
    worker.unref();
    worker.postMessage(start);
    return worker;
  }
  // Bundlers find the file in an expression of this form.
  const worker = new Worker(new URL('../../dist/engine/threads/worker.js', import.meta.url), {
    type: 'module',
  });
  worker.addEventListener('error', onEnd);
  worker.postMessage(start);
  return worker;
}
