import type { Kernel } from './kernel.js';
import type { GpuFloats } from './memory.js';
import type { Pipelines } from './pipelines.js';

/** Counts of a device's work: dispatches, and bytes moved outside of them. */
export interface Traffic {
  readonly dispatches: number;
  /** Bytes from the host to the device: numbers, and the kernels' uniforms. */
  readonly uploadedBytes: number;
  /** Bytes from the device to the host. */
  readonly downloadedBytes: number;
  /** Bytes copied between buffers of the device, or set to 0. */
  readonly copiedBytes: number;
}

export const NO_TRAFFIC: Traffic = { dispatches: 0, uploadedBytes: 0, downloadedBytes: 0, copiedBytes: 0 };

/** Adds counts; missing ones are 0. */
export const addTraffic = (sum: Traffic, more: Partial<Traffic>): Traffic => ({
  dispatches: sum.dispatches + (more.dispatches ?? 0),
  uploadedBytes: sum.uploadedBytes + (more.uploadedBytes ?? 0),
  downloadedBytes: sum.downloadedBytes + (more.downloadedBytes ?? 0),
  copiedBytes: sum.copiedBytes + (more.copiedBytes ?? 0),
});

/** The values of a kernel's uniforms; other names are ignored. */
export type Uniforms = Readonly<Record<string, number>>;

interface Dispatch {
  readonly kind: 'dispatch';
  readonly kernel: Kernel;
  readonly buffers: readonly GPUBuffer[];
  readonly groups: readonly [number, number, number];
  /** Where its uniforms begin in their buffer, and how long they are, in bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A copy; without a source, zeros. Offsets and lengths are in numbers. */
interface Transfer {
  readonly kind: 'transfer';
  readonly source?: GPUBuffer;
  readonly sourceOffset: number;
  readonly target: GPUBuffer;
  readonly targetOffset: number;
  readonly length: number;
}

/** Ends a submission. One long submission can trip the driver's watchdog. */
interface Cut {
  readonly kind: 'cut';
}

/** The alignment of uniforms in bytes: the largest that a device may require. */
const ALIGNMENT = 256;

/**
 * Collects the commands of a call and submits them in order. All dispatches share one buffer of uniforms; consecutive
 * dispatches share a pass.
 */
export class Recorder {
  private readonly commands: (Dispatch | Transfer | Cut)[] = [];
  private readonly uniforms: { readonly offset: number; readonly values: Uint32Array<ArrayBuffer> }[] = [];
  private uniformBytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly pipelines: Pipelines,
  ) {}

  /** Counts of the recorded commands. */
  get traffic(): Partial<Traffic> {
    const transfers = this.commands.filter((command) => command.kind === 'transfer');
    const dispatches = this.commands.filter((command) => command.kind === 'dispatch');
    return {
      dispatches: dispatches.length,
      uploadedBytes: this.uniformBytes,
      copiedBytes: transfers.reduce((bytes, { length }) => bytes + 4 * length, 0),
    };
  }

  /** Records a kernel over a grid of workgroups, with its buffers in the order of its bindings. */
  dispatch(
    kernel: Kernel,
    buffers: readonly GPUBuffer[],
    uniforms: Uniforms,
    [x, y = 1, z = 1]: readonly [number, number?, number?],
  ): void {
    const values = Uint32Array.from(kernel.uniforms, (name) => {
      const value = name === 'zero' ? 0 : uniforms[name];
      if (value === undefined) throw new Error(`the kernel ${kernel.name} needs the uniform ${name}`);
      return value;
    });
    const offset = this.uniformBytes;
    const size = Math.max(1, Math.ceil(values.byteLength / ALIGNMENT)) * ALIGNMENT;
    this.uniforms.push({ offset, values });
    this.uniformBytes += size;
    this.commands.push({ kind: 'dispatch', kernel, buffers, groups: [x, y, z], offset, size });
  }

  copy(
    source: GPUBuffer,
    sourceOffset: number,
    target: GPUBuffer,
    targetOffset: number,
    length: number,
  ): void {
    if (length > 0)
      this.commands.push({ kind: 'transfer', source, sourceOffset, target, targetOffset, length });
  }

  /** Records setting numbers to 0. */
  clear(target: GPUBuffer, targetOffset: number, length: number): void {
    if (length > 0) this.commands.push({ kind: 'transfer', sourceOffset: 0, target, targetOffset, length });
  }

  /** Records the copy of a whole buffer into a place of another; without a source, zeros. */
  place(source: GpuFloats | undefined, target: GPUBuffer, targetOffset: number, length: number): void {
    if (source === undefined) this.clear(target, targetOffset, length);
    else this.copy(source.buffer, 0, target, targetOffset, length);
  }

  /** Ends the submission here; later commands go into the next. */
  cut(): void {
    this.commands.push({ kind: 'cut' });
  }

  /** Submits all recorded commands. */
  submit(): void {
    const { device } = this;
    let encoder = device.createCommandEncoder();
    const uniforms = this.createUniforms();
    let pass: GPUComputePassEncoder | undefined;
    let bound: { readonly dispatch: Dispatch; readonly group: GPUBindGroup } | undefined;
    for (const command of this.commands) {
      if (command.kind === 'dispatch') {
        pass ??= encoder.beginComputePass();
        const { pipeline, layout } = this.pipelines.get(command.kernel);
        // The steps of a loop share kernel and buffers, so one bind group serves all of them.
        if (bound?.dispatch.kernel !== command.kernel || bound.dispatch.buffers !== command.buffers) {
          bound = { dispatch: command, group: this.createBindGroup(command, layout, uniforms) };
        }
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bound.group, [command.offset]);
        pass.dispatchWorkgroups(...command.groups);
      } else {
        pass?.end();
        pass = undefined;
        if (command.kind === 'transfer') encodeTransfer(encoder, command);
        else {
          device.queue.submit([encoder.finish()]);
          encoder = device.createCommandEncoder();
        }
      }
    }
    pass?.end();
    device.queue.submit([encoder.finish()]);
    // WebGPU keeps the memory until submitted work has read it.
    uniforms.destroy();
  }

  private createUniforms(): GPUBuffer {
    const buffer = this.device.createBuffer({
      label: 'uniforms',
      size: Math.max(ALIGNMENT, this.uniformBytes),
      usage: GPUBufferUsage.UNIFORM,
      mappedAtCreation: true,
    });
    const bytes = buffer.getMappedRange();
    for (const { offset, values } of this.uniforms) new Uint32Array(bytes, offset, values.length).set(values);
    buffer.unmap();
    return buffer;
  }

  private createBindGroup(
    { kernel, buffers, size }: Dispatch,
    layout: GPUBindGroupLayout,
    uniforms: GPUBuffer,
  ) {
    return this.device.createBindGroup({
      label: kernel.name,
      layout,
      entries: [
        { binding: 0, resource: { buffer: uniforms, size } },
        ...buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
  }
}

function encodeTransfer(encoder: GPUCommandEncoder, command: Transfer): void {
  const { source, sourceOffset, target, targetOffset, length } = command;
  if (source) encoder.copyBufferToBuffer(source, 4 * sourceOffset, target, 4 * targetOffset, 4 * length);
  else encoder.clearBuffer(target, 4 * targetOffset, 4 * length);
}
