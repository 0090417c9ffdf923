/** How long a call that fails waits for the news that its device is lost: that may come a little later. */
const NEWS_MS = 200;

/** What is watched for, and what it is called in errors. */
const KINDS = [
  ['internal', 'fails'],
  ['validation', 'is invalid'],
  ['out-of-memory', 'lacks memory'],
] as const;

/**
 * What goes wrong on a device after a call has returned: errors of validation and of the driver, lack of memory, the loss of the
 * device. It is thrown by the next call, and by every use and every download of what the call should have computed, so that wrong
 * numbers never pass for results.
 */
export class Faults {
  private readonly pending = new Set<Promise<void>>();
  /** Why buffers do not hold what they should. */
  private readonly invalid = new WeakMap<GPUBuffer, Error>();
  private failure: Error | undefined;
  private lost: Error | undefined;
  private readonly news: Promise<unknown>;

  constructor(private readonly device: GPUDevice) {
    this.news = device.lost.then(({ reason, message }) => {
      const why = message.trim().replace(/[.]$/, '');
      this.lost = new Error(
        reason === 'destroyed'
          ? 'The WebGPU device has been destroyed; make a new backend to go on.'
          : `The WebGPU device was lost${why && `: ${why}`}. Numbers on the host are safe; make a new backend, or choose another one.`,
      );
    });
  }

  /** @throws Error when the device is lost, or for what has gone wrong since the last time. */
  check(): void {
    if (this.lost) throw this.lost;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  /** @throws Error when one of the buffers was to be filled by a call that went wrong. */
  checkBuffers(buffers: Iterable<GPUBuffer>): void {
    for (const buffer of buffers) {
      const error = this.invalid.get(buffer);
      if (error) throw error;
    }
  }

  /** A buffer gets a new use; what was wrong with it before no longer counts. */
  renew(buffer: GPUBuffer): void {
    this.invalid.delete(buffer);
  }

  /** Does some work, and notes what the device finds wrong with it under a name. @param results the buffers that it fills. */
  watch(name: string, work: () => void, results: readonly GPUBuffer[] = []): void {
    for (const [filter] of KINDS) this.device.pushErrorScope(filter);
    try {
      work();
    } finally {
      for (const [, kind] of KINDS.toReversed()) this.note(name, kind, results);
    }
  }

  /** Waits until it is known whether all work so far was right. @throws Error when it was not, or the device is lost. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
    this.check();
  }

  /** Why something failed: the loss of the device, if there is news of it soon, or else the error that it failed with. */
  async reasonOf(error: unknown): Promise<unknown> {
    await Promise.race([this.news, new Promise((resolve) => setTimeout(resolve, NEWS_MS))]);
    return this.lost ?? error;
  }

  /** Notes what the innermost error scope has caught. */
  private note(name: string, kind: string, results: readonly GPUBuffer[]): void {
    const noted = this.device.popErrorScope().then(
      (error) => {
        if (!error) return;
        const failure = new Error(`webgpu: ${name} ${kind}: ${error.message}`);
        this.failure ??= failure;
        for (const buffer of results) this.invalid.set(buffer, failure);
      },
      // The device is lost, of which it tells itself.
      () => undefined,
    );
    this.pending.add(noted);
    noted.finally(() => this.pending.delete(noted));
  }
}
