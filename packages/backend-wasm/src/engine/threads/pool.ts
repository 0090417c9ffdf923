import type { LoadedKernels } from '../fixed-kernels.js';
import type { Heap } from '../heap.js';
import { type StartedWorker, startWorker } from '../start-worker.js';
import type { Tools } from './chunks.js';
import { runChunk } from './jobs.js';
import { type JobArguments, QUEUE_BYTES, WorkQueue } from './work-queue.js';

/** A worker counts as lost when its chunk takes longer than this, plus the time of its operations on a slow thread. */
const WORKER_TIMEOUT_MS = 2000;
const SLOWEST_OPERATIONS_PER_MS = 1e6;
/** A wait between two looks at the clock counts for at most so many ms: the whole program may have been stopped. */
const LONGEST_WAIT_MS = 10;
/** The main thread checks so many times whether a wait is over before it reads the clock. */
const CHECKS_PER_CLOCK = 2000;

/**
 * Workers on a shared memory, and the main thread, which takes chunks too. When a worker ends or takes too long for its
 * chunk, the main thread runs the chunk again, with the same result, and goes on with the other workers.
 */
export class Pool {
  private readonly queue: WorkQueue;
  private readonly queueAddress: number;
  private readonly workers: (StartedWorker | null)[] = [];
  private state: 'idle' | 'started' | 'stopped' = 'idle';
  private timeout = 0;

  /**
   * @param threads the number of threads, the main thread included. The first job starts them.
   * @param tools the tools of the main thread.
   * @param start starts a worker.
   * @param workerTimeoutMs how long a chunk of few operations may take before its worker counts as lost.
   */
  constructor(
    private readonly heap: Heap,
    private readonly loaded: LoadedKernels,
    readonly threads: number,
    private readonly tools: Tools,
    private readonly start: typeof startWorker = startWorker,
    private readonly workerTimeoutMs = WORKER_TIMEOUT_MS,
  ) {
    this.queueAddress = heap.allocate(QUEUE_BYTES);
    new Uint8Array(heap.memory.buffer, this.queueAddress, QUEUE_BYTES).fill(0);
    this.queue = new WorkQueue(heap.memory, this.queueAddress);
  }

  /** The number of running threads, the main thread included; before the first job, the number that it will start. */
  get running(): number {
    if (this.state === 'idle') return this.threads;
    return 1 + this.workers.filter((worker) => worker !== null).length;
  }

  /** Whether a worker is left. */
  get hasWorkers(): boolean {
    return this.workers.some((worker) => worker !== null);
  }

  /**
   * Runs all chunks of a job.
   *
   * @param work the operations of a chunk, about; only long chunks need it.
   */
  run(kind: number, values: JobArguments, chunks: number, work = 0): void {
    this.timeout = this.workerTimeoutMs + work / SLOWEST_OPERATIONS_PER_MS;
    if (this.state === 'idle') this.startWorkers();
    const { queue } = this;
    queue.post(kind, values, chunks);
    try {
      for (let chunk = queue.take(); chunk >= 0; chunk = queue.take()) this.runChunk(chunk);
      for (let chunk = 0; chunk < chunks; chunk++) {
        if (!queue.isOpen(chunk) || this.waitUntil(() => !queue.isOpen(chunk))) {
          if (queue.isDone(chunk)) continue;
        }
        this.runChunk(chunk);
      }
    } catch (error) {
      // No worker may still run a chunk of this job when the next job is posted.
      queue.withdraw();
      this.waitUntil(() => !this.workers.some((worker, index) => worker !== null && queue.isBusy(index)));
      throw error;
    }
  }

  /** Ends the workers. Later jobs run on the main thread. */
  stop(): void {
    this.state = 'stopped';
    this.workers.fill(null);
    this.queue.stop();
  }

  private startWorkers(): void {
    this.state = 'started';
    const { memory } = this.heap;
    try {
      for (let worker = 0; worker < this.threads - 1; worker++) {
        const scratch = this.heap.allocate(this.loaded.fixed.scratchBytes());
        const { module } = this.loaded;
        const start = { memory, module, queue: this.queueAddress, scratch, worker };
        this.workers.push(this.start(start, () => this.removeWorker(worker)));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.warn(
        `@sluice/backend-wasm could start ${this.workers.length} of ${this.threads - 1} worker threads: ${reason}`,
      );
    }
  }

  private runChunk(chunk: number): void {
    runChunk(this.queue, chunk, this.tools);
    this.queue.settle(chunk, true);
  }

  /** Waits until `isOver`. After the timeout it ends the busy workers and returns false. */
  private waitUntil(isOver: () => boolean): boolean {
    let waited = 0;
    let last = 0;
    for (let check = 1; !isOver(); check++) {
      if (check % CHECKS_PER_CLOCK !== 0) continue;
      if (!this.hasWorkers) return false;
      const now = performance.now();
      waited += Math.min(now - (last || now), LONGEST_WAIT_MS);
      last = now;
      if (waited > this.timeout) {
        this.endBusyWorkers();
        return false;
      }
      if (waited > 1) this.queue.pause(0.1);
    }
    return true;
  }

  /** Ends the workers that run a chunk. */
  private endBusyWorkers(): void {
    this.workers.forEach((worker, index) => {
      if (worker === null || !this.queue.isBusy(index)) return;
      worker.terminate();
      this.removeWorker(index);
    });
  }

  private removeWorker(worker: number): void {
    if (this.workers[worker] === null) return;
    this.workers[worker] = null;
    const left = this.workers.filter((other) => other !== null).length;
    console.warn(
      `@sluice/backend-wasm: a worker thread has ended or hangs; ${left} of ${this.workers.length} are left. ` +
        'Results are not affected.',
    );
  }
}
