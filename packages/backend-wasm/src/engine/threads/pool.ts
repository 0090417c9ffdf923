import type { LoadedKernels, ProductArguments } from '../fixed-kernels.js';
import type { Heap } from '../heap.js';
import { type StartedWorker, startWorker } from '../start-worker.js';
import { MULTIPLY_PANELS, MULTIPLY_ROWS, PANEL, ROW_GROUP, type Tools } from './chunks.js';
import { countChunks, countLoopChunks, firstOfChunk } from './divide.js';
import { runChunk } from './jobs.js';
import { type JobArguments, QUEUE_BYTES, WorkQueue } from './work-queue.js';

/** A worker counts as lost when its chunk takes longer than this, plus the time of its operations on a slow thread. */
const WORKER_TIMEOUT_MS = 2000;
const SLOWEST_OPERATIONS_PER_MS = 1e6;
/** A wait between two looks at the clock counts for at most so many ms: the whole program may have been stopped. */
const LONGEST_WAIT_MS = 10;
/** The main thread checks so many times whether a wait is over before it reads the clock. */
const CHECKS_PER_CLOCK = 2000;

/** The least rows of a chunk for which loading a panel pays. */
const ENOUGH_ROWS = 64;

const firstRows = (chunks: number, rows: number, group: number): number[] =>
  Array.from({ length: chunks }, (_, chunk) => firstOfChunk(chunk, chunks, rows, group));

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

  /**
   * Runs a product on all threads if it is large enough. Returns false otherwise, and when it would add to separate columns.
   */
  multiply(operands: ProductArguments, accumulate: boolean): boolean {
    const [, , leftColumnStride, , , , resultColumnStride, rows, depth, columns] = operands;
    const work = 2 * rows * depth * columns;
    const panels = Math.ceil(columns / PANEL);
    const rowChunks = countChunks(work, this.threads, Math.ceil(rows / ROW_GROUP));
    const panelChunks = countChunks(work, this.threads, panels);
    // Few rows do not pay for loading each panel. Chunks of columns repeat no work, unless each packs the left-hand side.
    const byRows = leftColumnStride !== 4 || rows >= ENOUGH_ROWS * rowChunks || panelChunks === 1;
    const chunks = byRows ? rowChunks : panelChunks;
    if (chunks === 1 || (accumulate && resultColumnStride !== 4)) return false;
    const kind = byRows ? MULTIPLY_ROWS : MULTIPLY_PANELS;
    if (!accumulate) this.run(kind, [...operands, chunks], chunks);
    else this.addProduct(operands, (product) => this.run(kind, [...product, chunks], chunks));
    return true;
  }

  /** The first row of each chunk into which the rows of a program are divided. */
  divide(work: number, rows: number): readonly number[] {
    return firstRows(countChunks(work, this.threads, rows), rows, 1);
  }

  /** The same for a time loop. */
  divideLoop(work: number, rows: number): readonly number[] {
    return firstRows(countLoopChunks(work, this.threads, rows), rows, ROW_GROUP);
  }

  /** The most chunks of a program. */
  get mostChunks(): number {
    return countChunks(Number.POSITIVE_INFINITY, this.threads, Number.POSITIVE_INFINITY);
  }

  /** Ends the workers. Later jobs run on the main thread. */
  stop(): void {
    this.state = 'stopped';
    this.workers.fill(null);
    this.queue.stop();
  }

  /**
   * Adds a product by way of scratch memory. Chunks may run twice (after a worker dies), so they must be idempotent:
   * multiply into scratch, add once.
   */
  private addProduct(operands: ProductArguments, multiply: (product: ProductArguments) => void): void {
    const [left, leftRowStride, leftColumnStride, right, to, rowStride, , rows, depth, columns] = operands;
    const product = this.heap.allocate(rows * columns * 4);
    try {
      multiply([left, leftRowStride, leftColumnStride, right, product, columns * 4, 4, rows, depth, columns]);
      for (let row = 0; row < rows; row++) {
        this.loaded.fixed.addRow(product + row * columns * 4, to + row * rowStride, columns);
      }
    } finally {
      this.heap.release(product);
    }
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
