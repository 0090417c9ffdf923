import type { LoadedKernels } from '../fixed-kernels.js';
import type { Heap } from '../heap.js';
import { type StartedWorker, startWorker } from '../start-worker.js';
import type { Tools } from './chunks.js';
import { doChunk } from './jobs.js';
import { BOARD_BYTES, type JobArguments, WorkQueue } from './work-queue.js';

/**
 * How long a chunk may take, in ms, before its worker is taken for lost: far longer than most are meant to, and as long as a
 * slow thread may need for so many operations.
 */
const PATIENCE = 2000;
const SLOWEST_OPERATIONS_PER_MS = 1e6;
/** The most that counts of a moment of waiting, in ms. */
const LONGEST_MOMENT = 10;
/** How often the main thread looks whether what it waits for is over before it looks at the clock. */
const LOOKS_AT_ONCE = 2000;

/**
 * Workers on the same memory, and the main thread, which does what nobody else has taken. A worker that ends, or holds a
 * chunk too long, is given up: its chunk is done again, which gives the same numbers, and the others go on.
 */
export class Pool {
  private readonly board: WorkQueue;
  private readonly boardAddress: number;
  private readonly workers: (StartedWorker | null)[] = [];
  private state: 'idle' | 'started' | 'stopped' = 'idle';
  private patience = PATIENCE;

  /**
   * @param threads how many threads there are altogether, the main thread among them. They are started by the first job.
   * @param tools what the main thread does its chunks with.
   * @param start starts a worker.
   */
  constructor(
    private readonly heap: Heap,
    private readonly loaded: LoadedKernels,
    readonly threads: number,
    private readonly tools: Tools,
    private readonly start: typeof startWorker = startWorker,
  ) {
    this.boardAddress = heap.allocate(BOARD_BYTES);
    new Uint8Array(heap.memory.buffer, this.boardAddress, BOARD_BYTES).fill(0);
    this.board = new WorkQueue(heap.memory, this.boardAddress);
  }

  /** How many threads there are, the main thread among them: until the first job, how many there are to be. */
  get running(): number {
    if (this.state === 'idle') return this.threads;
    return 1 + this.workers.filter((worker) => worker !== null).length;
  }

  /** Whether there is anybody but the main thread. */
  get hasHelp(): boolean {
    return this.workers.some((worker) => worker !== null);
  }

  /**
   * Does a job, all of its chunks.
   * @param work how many operations a chunk takes, about; may be left out where it is a matter of milliseconds.
   */
  do(kind: number, values: JobArguments, chunks: number, work = 0): void {
    this.patience = PATIENCE + work / SLOWEST_OPERATIONS_PER_MS;
    if (this.state === 'idle') this.startWorkers();
    const { board } = this;
    board.post(kind, values, chunks);
    try {
      for (let chunk = board.take(); chunk >= 0; chunk = board.take()) this.doHere(chunk);
      for (let chunk = 0; chunk < chunks; chunk++) {
        if (!board.isOpen(chunk) || this.waitUntil(() => !board.isOpen(chunk))) {
          if (board.isDone(chunk)) continue;
        }
        this.doHere(chunk);
      }
    } catch (error) {
      // Nobody may be at work on this job when the next one is posted.
      board.withdraw();
      this.waitUntil(() => !this.workers.some((worker, index) => worker !== null && board.isBusy(index)));
      throw error;
    }
  }

  /** Ends the workers; jobs are then done by the main thread alone. */
  stop(): void {
    this.state = 'stopped';
    this.workers.fill(null);
    this.board.stop();
  }

  private startWorkers(): void {
    this.state = 'started';
    const { memory } = this.heap;
    try {
      for (let worker = 0; worker < this.threads - 1; worker++) {
        const scratch = this.heap.allocate(this.loaded.fixed.scratchBytes());
        const given = { memory, module: this.loaded.module, board: this.boardAddress, scratch, worker };
        this.workers.push(this.start(given, () => this.giveUp(worker)));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.warn(
        `@sluice/backend-wasm could start ${this.workers.length} of ${this.threads - 1} worker threads: ${reason}`,
      );
    }
  }

  private doHere(chunk: number): void {
    doChunk(this.board, chunk, this.tools);
    this.board.settle(chunk, true);
  }

  /**
   * Waits for workers. Returns false when patience is at its end: those at work are then given up. Of a moment that seems
   * long, because the whole program was stopped, only a little counts.
   */
  private waitUntil(isOver: () => boolean): boolean {
    let waited = 0;
    let last = 0;
    for (let look = 1; !isOver(); look++) {
      if (look % LOOKS_AT_ONCE !== 0) continue;
      if (!this.hasHelp) return false;
      const now = performance.now();
      waited += Math.min(now - (last || now), LONGEST_MOMENT);
      last = now;
      if (waited > this.patience) {
        this.endBusyWorkers();
        return false;
      }
      if (waited > 1) this.board.pause(0.1);
    }
    return true;
  }

  /** Ends the workers that are at work too long. */
  private endBusyWorkers(): void {
    this.workers.forEach((worker, index) => {
      if (worker === null || !this.board.isBusy(index)) return;
      worker.terminate();
      this.giveUp(index);
    });
  }

  private giveUp(worker: number): void {
    if (this.workers[worker] === null) return;
    this.workers[worker] = null;
    const left = this.workers.filter((other) => other !== null).length;
    console.warn(
      `@sluice/backend-wasm: a worker thread has ended or hangs; ${left} of ${this.workers.length} are left. ` +
        'Results are not affected.',
    );
  }
}
