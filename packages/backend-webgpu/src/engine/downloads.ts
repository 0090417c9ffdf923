import type { Faults } from './faults.js';
import type { GpuFloats } from './gpu-floats.js';

/** Numbers that are wanted on the host, and who is told that they are on their way. */
interface Wanted {
  readonly floats: GpuFloats;
  readonly resolve: (numbers: Promise<Float32Array>) => void;
}

/**
 * Copies numbers from a device to the host. What is asked for at the same time travels together: each journey takes as long as some
 * kernels. Numbers are those of the moment they are asked for, because whatever the engine does next calls `start` first; only what
 * others submit to the device's queue before the program's next turn comes before.
 */
export class Downloads {
  private wanted: Wanted[] = [];
  private bytes = 0;

  /** @param count told the bytes of each journey. */
  constructor(
    private readonly device: GPUDevice,
    private readonly faults: Faults,
    private readonly count: (bytes: number) => void,
  ) {}

  /** @throws Error when the numbers cannot be right, because of what went wrong before. */
  async of(floats: GpuFloats): Promise<Float32Array> {
    this.faults.check();
    const bytes = 4 * floats.length;
    if (this.bytes + bytes > this.device.limits.maxBufferSize) this.start();
    return new Promise<Float32Array>((resolve) => {
      if (this.wanted.length === 0) queueMicrotask(() => this.start());
      this.wanted.push({ floats, resolve });
      this.bytes += bytes;
    });
  }

  /** Lets what is wanted so far set out: before anything is done that may change it. */
  start(): void {
    const { wanted, bytes } = this;
    if (wanted.length === 0) return;
    this.wanted = [];
    this.bytes = 0;
    const arrived = this.fetch(
      wanted.map(({ floats }) => floats),
      bytes,
    );
    wanted.forEach(({ floats, resolve }, i) => {
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
      if (error !== undefined) throw await faults.reasonOf(error);
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
