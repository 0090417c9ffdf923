import { type Kernel, writeShader } from './kernel.js';

/** A kernel compiled for a device. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles the kernels of a device, each once. */
export class Pipelines {
  private readonly byCode = new Map<string, Compiled>();
  /** A faster way to the same pipelines: it compares no texts. */
  private readonly byKernel = new WeakMap<Kernel, Compiled>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  constructor(private readonly device: GPUDevice) {}

  /** Returns the pipeline of a kernel, compiling a new one. Errors go to the device's error scopes. */
  get(kernel: Kernel): Compiled {
    const found = this.byKernel.get(kernel);
    if (found) return found;
    const code = writeShader(kernel);
    const compiled = this.byCode.get(code) ?? {
      pipeline: this.device.createComputePipeline(this.describe(kernel, code)),
      layout: this.getLayout(kernel),
    };
    return this.keep(kernel, code, compiled);
  }

  /** Compiles a kernel in the background. @throws Error that names the kernel when it does not compile. */
  async prepare(kernel: Kernel): Promise<void> {
    const code = writeShader(kernel);
    if (this.byCode.has(code)) return;
    this.device.pushErrorScope('validation');
    const description = this.describe(kernel, code);
    const [pipeline, invalid] = await Promise.all([
      this.device.createComputePipelineAsync(description).catch((error: Error) => error),
      this.device.popErrorScope().catch(() => null),
    ]);
    if (pipeline instanceof Error) {
      const reason = invalid?.message ?? pipeline.message;
      throw new Error(`webgpu: the kernel '${kernel.name}' does not compile: ${reason}`, { cause: pipeline });
    }
    this.keep(kernel, code, { pipeline, layout: this.getLayout(kernel) });
  }

  private keep(kernel: Kernel, code: string, compiled: Compiled): Compiled {
    this.byCode.set(code, compiled);
    this.byKernel.set(kernel, compiled);
    return compiled;
  }

  private describe(kernel: Kernel, code: string): GPUComputePipelineDescriptor {
    const { name: label } = kernel;
    const layout = this.device.createPipelineLayout({ label, bindGroupLayouts: [this.getLayout(kernel)] });
    const module = this.device.createShaderModule({ label, code });
    return { label, layout, compute: { module, entryPoint: 'main' } };
  }

  private getLayout({ bindings }: Kernel): GPUBindGroupLayout {
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
