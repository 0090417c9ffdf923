/**
 * What goes wrong on a device after a call has returned: errors of validation, lack of memory, the loss of the device. It is
 * thrown by the next call and by every download, so that wrong numbers never pass for results.
 */
export class Faults {
  private readonly pending = new Set<Promise<void>>();
  private failure: Error | undefined;
  private lost: Error | undefined;

  constructor(private readonly device: GPUDevice) {
    device.lost.then(({ reason, message }) => {
      const why = message ? `: ${message.trim()}` : '';
      this.lost = new Error(
        reason === 'destroyed'
          ? 'The WebGPU device has been destroyed; make a new backend to go on.'
          : `The WebGPU device was lost${why} Numbers on the host are safe; make a new backend, or choose another one.`,
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

  /** Does some work, and notes what the device finds wrong with it under a name. */
  watch(name: string, work: () => void): void {
    const { device } = this;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    try {
      work();
    } finally {
      this.note(name, 'is invalid');
      this.note(name, 'lacks memory');
    }
  }

  /** Waits until it is known whether all work so far was right. @throws Error when it was not, or the device is lost. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
    this.check();
  }

  /** Notes what the innermost error scope has caught. */
  private note(name: string, kind: string): void {
    const noted = this.device.popErrorScope().then(
      (error) => {
        if (error) this.failure ??= new Error(`webgpu: ${name} ${kind}: ${error.message}`);
      },
      // The device is lost, of which it tells itself.
      () => undefined,
    );
    this.pending.add(noted);
    noted.finally(() => this.pending.delete(noted));
  }
}
