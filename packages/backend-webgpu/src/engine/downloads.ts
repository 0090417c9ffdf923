import type { Faults } from './faults.js';
import type { GpuFloats } from './memory.js';

/** Numbers to read back, and the function that resolves the caller's promise. */
interface PendingRead {
  readonly floats: GpuFloats;
  readonly resolve: (numbers: Promise<Float32Array>) => void;
}

/**
 * Reads numbers back from a device. Batches concurrent readbacks into one `mapAsync`: a readback costs about as much as
 * several dispatches. The numbers are those at the time of the request, because the engine calls `start` before any other
 * work. Only work that others submit to the queue before the next microtask may come first.
 */
export class Downloads {
  private pending: PendingRead[] = [];
  private bytes = 0;

  /** @param count called with the bytes of each readback. */
  constructor(
    private readonly device: GPUDevice,
    private readonly faults: Faults,
    private readonly count: (bytes: number) => void,
  ) {}

  /** Reads numbers back. @throws Error when an earlier call has failed that was to compute them. */
  async read(floats: GpuFloats): Promise<Float32Array> {
    this.faults.check();
    const bytes = 4 * floats.length;
    if (this.bytes + bytes > this.device.limits.maxBufferSize) this.start();
    return new Promise<Float32Array>((resolve) => {
      if (this.pending.length === 0) queueMicrotask(() => this.start());
      this.pending.push({ floats, resolve });
      this.bytes += bytes;
    });
  }

  /** Submits the copies for all pending reads. Call it before any work that may change their buffers. */
  start(): void {
    const { pending, bytes } = this;
    if (pending.length === 0) return;
    this.pending = [];
    this.bytes = 0;
    const arrived = this.fetch(
      pending.map(({ floats }) => floats),
      bytes,
    );
    pending.forEach(({ floats, resolve }, i) => {
      resolve(
        arrived.then((numbers) => {
          this.faults.checkBuffers([floats.buffer]);
          return numbers[i];
        }),
      );
    });
  }

  private async fetch(sources: readonly GpuFloats[], bytes: number): Promise<Float32Array[]> {
    const { device, faults } = this;
    const readable = device.createBuffer({
      label: 'download',
      size: Math.max(4, bytes),
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    try {
      faults.watch('a download', () => {
        const encoder = device.createCommandEncoder();
        let at = 0;
        for (const { buffer, length } of sources) {
          encoder.copyBufferToBuffer(buffer, 0, readable, at, 4 * length);
          at += 4 * length;
        }
        device.queue.submit([encoder.finish()]);
      });
      this.count(bytes);
      const mapped = readable.mapAsync(GPUMapMode.READ).catch((error: unknown) => error);
      await faults.settled();
      const error = await mapped;
      if (error !== undefined) throw await faults.findReason(error);
      const numbers = new Float32Array(readable.getMappedRange());
      let at = 0;
      return sources.map(({ length }) => {
        at += length;
        return numbers.slice(at - length, at);
      });
    } finally {
      readable.destroy();
    }
  }
}
