import type { Faults } from './faults.js';
import type { GpuFloats } from './gpu-floats.js';

/** Numbers that are wanted on the host. */
interface Wanted {
  readonly floats: GpuFloats;
  readonly resolve: (numbers: Promise<Float32Array>) => void;
}

/**
 * Copies numbers from a device to the host. What is asked for at the same time travels together: each journey takes as long as some
 * kernels. Numbers are those of the moment they are asked for, whatever the engine does next; only what others submit to the
 * device's queue before the program's next turn comes first.
 */
export class Downloads {
  private wanted: Wanted[] = [];

  /** @param count told the bytes of each journey. */
  constructor(
    private readonly device: GPUDevice,
    private readonly faults: Faults,
    private readonly count: (bytes: number) => void,
  ) {}

  /** @throws Error when the numbers cannot be right, because of what went wrong before. */
  async of(floats: GpuFloats): Promise<Float32Array> {
    this.faults.check();
    return new Promise<Float32Array>((resolve) => {
      if (this.wanted.length === 0) queueMicrotask(() => this.start());
      this.wanted.push({ floats, resolve });
    });
  }

  /** Lets what is wanted so far set out: before work is handed over that may change it. */
  start(): void {
    const { wanted } = this;
    if (wanted.length === 0) return;
    this.wanted = [];
    const starts: number[] = [];
    let length = 0;
    for (const { floats } of wanted) {
      starts.push(length);
      length += floats.length;
    }
    const arrived = this.fetch(
      wanted.map(({ floats }) => floats),
      length,
    );
    wanted.forEach(({ floats, resolve }, i) => {
      resolve(arrived.then((numbers) => numbers.slice(starts[i], starts[i] + floats.length)));
    });
  }

  /** The numbers of some buffers, one behind the other. */
  private async fetch(sources: readonly GpuFloats[], length: number): Promise<Float32Array> {
    const { device, faults } = this;
    const size = Math.max(4, 4 * length);
    const readable = device.createBuffer({
      label: 'download',
      size,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    try {
      faults.watch('a download', () => {
        const encoder = device.createCommandEncoder();
        let at = 0;
        for (const source of sources) {
          encoder.copyBufferToBuffer(source.buffer, 0, readable, at, 4 * source.length);
          at += 4 * source.length;
        }
        device.queue.submit([encoder.finish()]);
      });
      this.count(4 * length);
      const mapped = readable.mapAsync(GPUMapMode.READ).catch((error: unknown) => error);
      await faults.settled();
      const error = await mapped;
      if (error !== undefined) throw error;
      return new Float32Array(readable.getMappedRange().slice(0), 0, length);
    } finally {
      readable.destroy();
    }
  }
}
