/** Threads of a workgroup of kernels that work number by number. */
export const FLAT_THREADS = 64;
/** The most workgroups that WebGPU allows in one direction, wherever it runs. */
export const MOST_GROUPS = 65_535;

/** The entry point of a kernel with a thread for each of any number of things: `body` sees which it is as `index`. */
export const flatMain = (body: string): string => `
@compute @workgroup_size(${FLAT_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (group.y * ${MOST_GROUPS}u + group.x) * ${FLAT_THREADS}u + lane;
  ${body}
}`;

/** The workgroups that such a kernel needs for `count` things. */
export function flatGroups(count: number): readonly [number, number] {
  const groups = Math.ceil(count / FLAT_THREADS);
  return [Math.min(groups, MOST_GROUPS), Math.ceil(groups / MOST_GROUPS)];
}
