/** Float32 numbers in a buffer of the GPU: the first `length` that it holds. */
export interface GpuFloats {
  readonly buffer: GPUBuffer;
  readonly length: number;
}

/** How a shader uses a buffer. */
export type Access = 'read' | 'read_write';

/** A buffer of a shader. */
export interface Binding {
  readonly name: string;
  readonly access: Access;
  /** What its numbers are; `f16` takes the feature `shader-f16`. Default: `f32`. */
  readonly type?: 'f16';
}

/**
 * A compute shader as text, with what is needed to run it. Its buffers are bound in the order of `bindings`; `uniforms` are
 * whole numbers, which the code reads as `u.NAME`. Two kernels with the same code are the same.
 */
export interface Kernel {
  /** Under which it is spoken of in errors and profiles. */
  readonly name: string;
  /** WGSL's extensions that it needs besides `f16`; the device must have the features behind them. */
  readonly enable?: readonly string[];
  readonly uniforms: readonly string[];
  readonly bindings: readonly Binding[];
  /** The code behind the declarations of uniforms and bindings. */
  readonly code: string;
}

/** The WGSL of a kernel. Uniforms are binding 0, buffers the bindings behind it. */
export function wgslOf({ enable = [], uniforms, bindings, code }: Kernel): string {
  const hasNarrow = bindings.some(({ type }) => type === 'f16');
  const extensions = [...enable, ...(hasNarrow ? ['f16'] : [])].map((name) => `enable ${name};\n`).join('');
  const fields = uniforms.map((name) => `  ${name}: u32,`).join('\n');
  const buffers = bindings.map(
    ({ name, access, type = 'f32' }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;`,
  );
  return `${extensions}struct Uniforms {\n${fields}\n}\n@group(0) @binding(0) var<uniform> u: Uniforms;\n${buffers.join('\n')}\n${code}`;
}
