import { type Kernel, wgslOf } from './gpu-floats.js';

/** A kernel made ready for a device. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** The pipelines of a device, each compiled once. */
export class Pipelines {
  private readonly byCode = new Map<string, Compiled>();
  /** The same, found without comparing texts. */
  private readonly byKernel = new WeakMap<Kernel, Compiled>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  constructor(private readonly device: GPUDevice) {}

  /** The pipeline of a kernel, compiled now where it is new. What is wrong with it appears in the device's error scopes. */
  of(kernel: Kernel): Compiled {
    const found = this.byKernel.get(kernel);
    if (found) return found;
    const code = wgslOf(kernel);
    const compiled = this.byCode.get(code) ?? {
      pipeline: this.device.createComputePipeline(this.description(kernel, code)),
      layout: this.layoutOf(kernel),
    };
    return this.keep(kernel, code, compiled);
  }

  /** Compiles a kernel without holding up the caller. @throws Error naming it when it does not compile. */
  async prepare(kernel: Kernel): Promise<void> {
    const code = wgslOf(kernel);
    if (this.byCode.has(code)) return;
    this.device.pushErrorScope('validation');
    const description = this.description(kernel, code);
    const [pipeline, invalid] = await Promise.all([
      this.device.createComputePipelineAsync(description).catch((error: Error) => error),
      this.device.popErrorScope().catch(() => null),
    ]);
    if (pipeline instanceof Error) {
      const reason = invalid?.message ?? pipeline.message;
      throw new Error(`webgpu: the kernel '${kernel.name}' does not compile: ${reason}`, { cause: pipeline });
    }
    this.keep(kernel, code, { pipeline, layout: this.layoutOf(kernel) });
  }

  private keep(kernel: Kernel, code: string, compiled: Compiled): Compiled {
    this.byCode.set(code, compiled);
    this.byKernel.set(kernel, compiled);
    return compiled;
  }

  private description(kernel: Kernel, code: string): GPUComputePipelineDescriptor {
    const { name: label } = kernel;
    const layout = this.device.createPipelineLayout({ label, bindGroupLayouts: [this.layoutOf(kernel)] });
    const module = this.device.createShaderModule({ label, code });
    return { label, layout, compute: { module, entryPoint: 'main' } };
  }

  private layoutOf({ bindings }: Kernel): GPUBindGroupLayout {
    const key = bindings.map(({ access }) => access).join();
    const layout =
      this.layouts.get(key) ??
      this.device.createBindGroupLayout({
        label: key,
        entries: [
          {
            binding: 0,
            visibility: GPUShaderStage.COMPUTE,
            buffer: { type: 'uniform', hasDynamicOffset: true },
          },
          ...bindings.map(
            ({ access }, i): GPUBindGroupLayoutEntry => ({
              binding: i + 1,
              visibility: GPUShaderStage.COMPUTE,
              buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
            }),
          ),
        ],
      });
    this.layouts.set(key, layout);
    return layout;
  }
}
