/** What a worker is given at its start. (This file stands here so that its URL begins as those of the kernels do.) */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Addresses of the job board and of the worker's own scratch memory. */
  readonly board: number;
  readonly scratch: number;
  /** Its number, from 0. */
  readonly worker: number;
}

/** A worker that has been started. */
export interface StartedWorker {
  /** Ends it, wherever it is. */
  terminate(): void;
}

/** What this file needs of Node: its workers, which unlike those of browsers let the program end. */
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
 * @param onEnd called when it has ended by itself.
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
  // Written like this, bundlers find the file.
  const worker = new Worker(new URL('../../dist/engine/threads/worker.js', import.meta.url), {
    type: 'module',
  });
  worker.addEventListener('error', onEnd);
  worker.postMessage(start);
  return worker;
}
