/** How a shader uses a buffer. */
export type Access = 'read' | 'read_write';

/** A buffer of a shader. */
export interface Binding {
  readonly name: string;
  readonly access: Access;
  /** The type of its numbers; `f16` needs the feature `shader-f16`. Default: `f32`. */
  readonly type?: 'f16';
}

/**
 * A compute shader as text, with the names of its uniforms and buffers. Buffers are bound in the order of `bindings`.
 * The code reads uniforms, which are whole numbers, as `u.NAME`. Kernels with equal code share a pipeline.
 */
export interface Kernel {
  /** The name in errors and profiles. */
  readonly name: string;
  /** WGSL extensions besides `f16`; the device must have the features of these names. */
  readonly enable?: readonly string[];
  readonly uniforms: readonly string[];
  readonly bindings: readonly Binding[];
  /** WGSL without the declarations of uniforms and bindings. */
  readonly code: string;
}

/** Writes the WGSL of a kernel: uniforms at binding 0, then the buffers. */
export function writeShader({ enable = [], uniforms, bindings, code }: Kernel): string {
  const hasFloat16 = bindings.some(({ type }) => type === 'f16');
  const extensions = [...enable, ...(hasFloat16 ? ['f16'] : [])].map((name) => `enable ${name};\n`).join('');
  const fields = uniforms.map((name) => `  ${name}: u32,`).join('\n');
  const buffers = bindings.map(
    ({ name, access, type = 'f32' }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;`,
  );
  return `${extensions}struct Uniforms {\n${fields}\n}\n@group(0) @binding(0) var<uniform> u: Uniforms;\n${buffers.join('\n')}\n${code}`;
}

/** Threads of a workgroup in kernels with one thread per element. */
const FLAT_THREADS = 64;
/** Every WebGPU device allows this many workgroups along a dimension. */
export const MAX_GROUPS = 65_535;

/** Writes the entry point of a kernel with one thread per element; `body` reads the element's number as `index`. */
export const writeFlatMain = (body: string): string => `
@compute @workgroup_size(${FLAT_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (group.y * ${MAX_GROUPS}u + group.x) * ${FLAT_THREADS}u + lane;
  ${body}
}`;

/** Counts the workgroups along x and y for `count` elements of such a kernel. */
export function countFlatGroups(count: number): readonly [number, number] {
  const groups = Math.ceil(count / FLAT_THREADS);
  return [Math.min(groups, MAX_GROUPS), Math.ceil(groups / MAX_GROUPS)];
}

/** Repeats a text for 0 to `count` − 1, joined by `separator`. */
export const repeatText = (count: number, text: (i: number) => string, separator = '\n  '): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(separator);

/** Lists the uniforms that code reads. */
export const uniformsIn = (code: string): string[] => [
  ...new Set([...code.matchAll(/\bu\.(\w+)/g)].map(([, name]) => name)),
];
