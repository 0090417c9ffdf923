/**
 * The block of shared memory by which threads work together: one job at a time, cut into chunks that whoever is free
 * takes, the main thread too. So a worker that is not there yet, asleep or gone costs nothing but its help.
 */

/** Places in the block, in whole numbers of 32 bits. */
const TICKET = 0;
const SLEEPERS = 1;
const STOPPED = 2;
const KIND = 3;
const ARGUMENTS = 4;
const ARGUMENT_COUNT = 12;
/** For each chunk: the number of its job, and in the two low bits what has become of it. */
const STATES = ARGUMENTS + ARGUMENT_COUNT;
const OPEN = 0;
const DONE = 1;
const FAILED = 2;

/** The ticket's low bits count the chunks left to take, the others the jobs, so that a chunk of an old job is never taken. */
const CHUNK_BITS = 8;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;
export const MOST_CHUNKS = 64;

/** For each worker: whether it is at work. */
const BUSY = STATES + MOST_CHUNKS;
export const MOST_WORKERS = 63;

export const BOARD_BYTES = 4 * (BUSY + MOST_WORKERS);

/** How often a worker looks for a job before it sleeps: about a fifth of a millisecond. */
const LOOKS_BEFORE_SLEEP = 20_000;

/** Numbers of 32 bits that say what a job's chunks have in common. */
export type JobArguments = readonly number[];

export class WorkQueue {
  private readonly cells: Int32Array;
  /** The job of the chunk that was taken last, or that was posted last. */
  private job = 0;

  constructor(memory: WebAssembly.Memory, address: number) {
    // Shared memory is never detached when it grows, so the view stays good.
    this.cells = new Int32Array(memory.buffer, address, BOARD_BYTES / 4);
  }

  /** Main thread: puts up a job and wakes who sleeps. The job before must be finished. */
  post(kind: number, values: JobArguments, chunks: number): void {
    const { cells } = this;
    cells[KIND] = kind;
    for (let i = 0; i < values.length; i++) cells[ARGUMENTS + i] = values[i];
    this.job = (cells[TICKET] >>> CHUNK_BITS) + 1;
    for (let chunk = 0; chunk < chunks; chunk++) Atomics.store(cells, STATES + chunk, this.state(OPEN));
    Atomics.store(cells, TICKET, (this.job << CHUNK_BITS) | chunks);
    if (Atomics.load(cells, SLEEPERS) > 0) Atomics.notify(cells, TICKET);
  }

  /** The number of a chunk that is now the caller's, or −1 when none is left. */
  take(): number {
    const { cells } = this;
    for (;;) {
      const ticket = Atomics.load(cells, TICKET);
      const left = ticket & CHUNK_MASK;
      if (left === 0) return -1;
      if (Atomics.compareExchange(cells, TICKET, ticket, ticket - 1) !== ticket) continue;
      this.job = ticket >>> CHUNK_BITS;
      return left - 1;
    }
  }

  /** Main thread: takes all chunks that are left, so that nobody begins another. */
  withdraw(): void {
    while (this.take() >= 0);
  }

  /** The chunk taken last is done, or could not be done. Says nothing of a later job's chunk of that number. */
  settle(chunk: number, done: boolean): void {
    Atomics.compareExchange(this.cells, STATES + chunk, this.state(OPEN), this.state(done ? DONE : FAILED));
  }
  isDone(chunk: number): boolean {
    return Atomics.load(this.cells, STATES + chunk) === this.state(DONE);
  }
  /** Whether it is neither done nor given back. */
  isOpen(chunk: number): boolean {
    return Atomics.load(this.cells, STATES + chunk) === this.state(OPEN);
  }
  private state(state: number): number {
    return (this.job << 2) | state;
  }

  /** Worker: whether it is at work. */
  setBusy(worker: number, busy: boolean): void {
    Atomics.store(this.cells, BUSY + worker, busy ? 1 : 0);
  }
  isBusy(worker: number): boolean {
    return Atomics.load(this.cells, BUSY + worker) === 1;
  }

  get kind(): number {
    return this.cells[KIND];
  }
  argument(index: number): number {
    return this.cells[ARGUMENTS + index];
  }

  /** Worker: waits until there may be a chunk to take. Returns false when threads are to end. */
  wait(): boolean {
    const { cells } = this;
    for (let look = 0; ; look++) {
      const ticket = Atomics.load(cells, TICKET);
      if (Atomics.load(cells, STOPPED) === 1) return false;
      if ((ticket & CHUNK_MASK) > 0) return true;
      if (look < LOOKS_BEFORE_SLEEP) continue;
      Atomics.add(cells, SLEEPERS, 1);
      // Not if the ticket has changed meanwhile.
      Atomics.wait(cells, TICKET, ticket);
      Atomics.sub(cells, SLEEPERS, 1);
      look = 0;
    }
  }

  /** Main thread: ends all workers. */
  stop(): void {
    Atomics.store(this.cells, STOPPED, 1);
    // The ticket must change, or a worker about to sleep would miss it.
    Atomics.store(this.cells, TICKET, ((this.cells[TICKET] >>> CHUNK_BITS) + 1) << CHUNK_BITS);
    Atomics.notify(this.cells, TICKET);
  }

  /** Main thread: sleeps for a moment where it may (not in a browser's window). */
  pause(milliseconds: number): void {
    try {
      Atomics.wait(this.cells, STOPPED, 0, milliseconds);
    } catch {
      // A window's thread may not wait; it goes on looking.
    }
  }
}
