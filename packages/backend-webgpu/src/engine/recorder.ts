import type { GpuFloats, Kernel } from './gpu-floats.js';
import type { Pipelines } from './pipelines.js';
import type { Traffic } from './traffic.js';

/** What the uniforms of a kernel are, and possibly more. */
export type Uniforms = Readonly<Record<string, number>>;

interface Dispatch {
  readonly kind: 'dispatch';
  readonly kernel: Kernel;
  readonly buffers: readonly GPUBuffer[];
  readonly groups: readonly [number, number, number];
  /** Of its uniforms, in bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A copy, or zeros where there is no source; offsets and lengths are in numbers. */
interface Transfer {
  readonly kind: 'transfer';
  readonly source?: GPUBuffer;
  readonly sourceOffset: number;
  readonly target: GPUBuffer;
  readonly targetOffset: number;
  readonly length: number;
}

/** What follows is handed over apart: a driver may lose patience with what it is given at once. */
interface Cut {
  readonly kind: 'cut';
}

/** Every start of uniforms is a multiple of so many bytes, the most that a device may ask for. */
const ALIGNMENT = 256;

/**
 * Work for the GPU, collected and then handed over at once, in order: the uniforms of all dispatches are one buffer, and
 * neighbouring dispatches share a pass.
 */
export class Recorder {
  private readonly commands: (Dispatch | Transfer | Cut)[] = [];
  private readonly uniforms: { readonly offset: number; readonly values: Uint32Array<ArrayBuffer> }[] = [];
  private uniformBytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly pipelines: Pipelines,
  ) {}

  /** What has been recorded. */
  get traffic(): Partial<Traffic> {
    const transfers = this.commands.filter((command) => command.kind === 'transfer');
    const dispatches = this.commands.filter((command) => command.kind === 'dispatch');
    return {
      dispatches: dispatches.length,
      uploadedBytes: this.uniformBytes,
      copiedBytes: transfers.reduce((bytes, { length }) => bytes + 4 * length, 0),
    };
  }

  /** Runs a kernel over a grid of workgroups, with its buffers in the order of its bindings. */
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

  /** Sets numbers to 0. */
  clear(target: GPUBuffer, targetOffset: number, length: number): void {
    if (length > 0) this.commands.push({ kind: 'transfer', sourceOffset: 0, target, targetOffset, length });
  }

  /** Copies a whole buffer of numbers to a place in another one; zeros where there is none. */
  place(source: GpuFloats | undefined, target: GPUBuffer, targetOffset: number, length: number): void {
    if (source === undefined) this.clear(target, targetOffset, length);
    else this.copy(source.buffer, 0, target, targetOffset, length);
  }

  /** Has what follows handed over apart from what came before. */
  cut(): void {
    this.commands.push({ kind: 'cut' });
  }

  /** Hands everything over to the GPU. */
  submit(): void {
    const { device } = this;
    let encoder = device.createCommandEncoder();
    const uniforms = this.uniformBuffer();
    let pass: GPUComputePassEncoder | undefined;
    let bound: { readonly dispatch: Dispatch; readonly group: GPUBindGroup } | undefined;
    for (const command of this.commands) {
      if (command.kind === 'dispatch') {
        pass ??= encoder.beginComputePass();
        const { pipeline, layout } = this.pipelines.of(command.kernel);
        // The steps of a loop have the same kernel and buffers, and need no bind group each.
        if (bound?.dispatch.kernel !== command.kernel || bound.dispatch.buffers !== command.buffers) {
          bound = { dispatch: command, group: this.bindGroup(command, layout, uniforms) };
        }
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bound.group, [command.offset]);
        pass.dispatchWorkgroups(...command.groups);
      } else {
        pass?.end();
        pass = undefined;
        if (command.kind === 'transfer') transfer(encoder, command);
        else {
          device.queue.submit([encoder.finish()]);
          encoder = device.createCommandEncoder();
        }
      }
    }
    pass?.end();
    device.queue.submit([encoder.finish()]);
    // What has been submitted may still read it.
    uniforms.destroy();
  }

  private uniformBuffer(): GPUBuffer {
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

  private bindGroup({ kernel, buffers, size }: Dispatch, layout: GPUBindGroupLayout, uniforms: GPUBuffer) {
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

function transfer(encoder: GPUCommandEncoder, command: Transfer): void {
  const { source, sourceOffset, target, targetOffset, length } = command;
  if (source) encoder.copyBufferToBuffer(source, 4 * sourceOffset, target, 4 * targetOffset, 4 * length);
  else encoder.clearBuffer(target, 4 * targetOffset, 4 * length);
}
