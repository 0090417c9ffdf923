/** How long a failed call waits for `device.lost`, which may resolve a little later. */
const LOSS_TIMEOUT_MS = 200;

/** The error scopes, with the verb for each in errors. */
const KINDS = [
  ['internal', 'fails'],
  ['validation', 'is invalid'],
  ['out-of-memory', 'lacks memory'],
] as const;

/**
 * Collects errors that a device reports after a call has returned: validation, driver and memory errors, and the loss of the
 * device. The next call throws them, and so does every use and every download of the results of the failed call.
 */
export class Faults {
  private readonly pending = new Set<Promise<void>>();
  /** The error of the call that was to fill a buffer. */
  private readonly invalid = new WeakMap<GPUBuffer, Error>();
  private failure: Error | undefined;
  private lost: Error | undefined;
  private readonly loss: Promise<unknown>;

  constructor(private readonly device: GPUDevice) {
    this.loss = device.lost.then(({ reason, message }) => {
      const why = message.trim().replace(/[.]$/, '');
      this.lost = new Error(
        reason === 'destroyed'
          ? 'The WebGPU device has been destroyed; make a new backend to go on.'
          : `The WebGPU device was lost${why && `: ${why}`}. Numbers on the host are safe; make a new backend, or choose another one.`,
      );
    });
  }

  /** @throws Error when the device is lost, or for the first error since the last check. */
  check(): void {
    if (this.lost) throw this.lost;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  /** @throws Error when a call that failed was to fill one of the buffers. */
  checkBuffers(buffers: Iterable<GPUBuffer>): void {
    for (const buffer of buffers) {
      const error = this.invalid.get(buffer);
      if (error) throw error;
    }
  }

  /** Forgets the error of a buffer that is allocated again. */
  renew(buffer: GPUBuffer): void {
    this.invalid.delete(buffer);
  }

  /** Does some work and collects its errors under a name. @param results the buffers that it fills. */
  watch(name: string, work: () => void, results: readonly GPUBuffer[] = []): void {
    for (const [filter] of KINDS) this.device.pushErrorScope(filter);
    try {
      work();
    } finally {
      for (const [, kind] of KINDS.toReversed()) this.popScope(name, kind, results);
    }
  }

  /** Waits for the error scopes of all work so far. @throws Error when one has an error, or the device is lost. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
    this.check();
  }

  /** Finds why a call failed: the loss of the device, if that is reported soon, or else its own error. */
  async findReason(error: unknown): Promise<unknown> {
    await Promise.race([this.loss, new Promise((resolve) => setTimeout(resolve, LOSS_TIMEOUT_MS))]);
    return this.lost ?? error;
  }

  /** Pops the innermost error scope and keeps its error. */
  private popScope(name: string, kind: string, results: readonly GPUBuffer[]): void {
    const popped = this.device.popErrorScope().then(
      (error) => {
        if (!error) return;
        const failure = new Error(`webgpu: ${name} ${kind}: ${error.message}`);
        this.failure ??= failure;
        for (const buffer of results) this.invalid.set(buffer, failure);
      },
      // The device is lost, which `device.lost` reports.
      () => undefined,
    );
    this.pending.add(popped);
    popped.finally(() => this.pending.delete(popped));
  }
}
