import type { Kernel } from '../gpu-floats.js';
import { each } from '../wgsl/each.js';

/** How a product is dealt out: a thread makes `rows` × 8 numbers of the result. */
export interface Tiling {
  readonly rows: 8 | 16;
  /** Threads of a workgroup, side by side and one below the other. */
  readonly across: number;
  readonly down: number;
  /**
   * Whether each thread of a quad (four neighbours, of the feature `subgroups`) reads the left side's numbers for another one of four
   * depths, and they pass them on to each other. They must make the same rows, so `down` is 1.
   */
  readonly quads: boolean;
}

/** A GPU's threads find what others have read before in its first cache. */
const ON_GPU: Tiling = { rows: 8, across: 8, down: 8, quads: false };
/** For a software adapter what is read is most of the work, as it reads thread by thread. */
const IN_QUADS: Tiling = { rows: 16, across: 16, down: 1, quads: true };

/** The tiling for a device. */
export const tilingFor = (device: { readonly isSoftware: boolean; readonly subgroups: boolean }): Tiling =>
  device.isSoftware && device.subgroups ? IN_QUADS : ON_GPU;

/** Columns of a thread. */
const OWN_COLUMNS = 8;

/** The rows and columns that a workgroup makes. */
export const tileOf = ({
  rows,
  across,
  down,
}: Tiling): { readonly rows: number; readonly columns: number } => ({
  rows: rows * down,
  columns: OWN_COLUMNS * across,
});

/** The uniforms that say where the numbers along a direction of a matrix lie (`Stride`). */
export const strides = (name: string): string[] => [`${name}Period`, `${name}Outer`, `${name}Inner`];

/** Where number `i` of a direction is, from the first one on. */
export const along = (name: string, i: string): string =>
  `along(${i}, u.${name}Period, u.${name}Outer, u.${name}Inner)`;

export const ALONG = `
fn along(i: u32, period: u32, outer: u32, inner: u32) -> u32 {
  let turn = i / period;
  return turn * outer + (i - turn * period) * inner;
}`;

const known = new Map<Tiling, Kernel>();

/** The kernel `result = left × right`, or `result += left × right`, in a tiling; the same object every time. */
export function multiplyKernel(tiling: Tiling): Kernel {
  const kernel = known.get(tiling) ?? makeKernel(tiling);
  known.set(tiling, kernel);
  return kernel;
}

/**
 * Every thread makes a tile of the result out of numbers it reads itself.
 *
 * Ladder (3,200 × 128 × 384 on a software adapter, two cores; ms):
 *   1  64 × 64 by 256 threads, 4 × 4 each, strips of both sides in workgroup memory    450
 *   2  the same without the strips, which cost writing, reading and two barriers each  165
 *   3  8 × 8 a thread, 64 threads: 16 numbers read for 64 multiplications, not 32      115   `ON_GPU`
 *   4  16 × 8 a thread: 24 numbers for 128                                             105
 *   5  4 in quads: 12 numbers for 128, with masks looked for at every depth            115
 *   6  5 without looking where there is no mask                                        80    `IN_QUADS`
 */
function makeKernel(tiling: Tiling): Kernel {
  const { rows, across, down, quads } = tiling;
  const tile = tileOf(tiling);
  /** Columns of a thread are two times four neighbours, half a tile apart: so are those of a whole row of threads. */
  const columnOf = (i: number) => `firstColumn + ${i < 4 ? i : tile.columns / 2 + i - 4}u`;
  const rightAt = (depth: string, first: number) =>
    `vec4f(${each(4, (i) => `right[${depth}.right + column${first + i}]`, ', ')})`;
  /** Adds to all sums the products of a depth; `left` is a number of the left side. */
  const addProducts = (depth: string, left: (row: number) => string) => `{
      let a = ${rightAt(depth, 0)};
      let b = ${rightAt(depth, 4)};
      ${each(rows, (i) => `let left${i} = ${left(i)};\n      sum${i}a += left${i} * a;\n      sum${i}b += left${i} * b;`, '\n      ')}
    }`;
  const addOne = (depth: string) => addProducts(depth, (i) => `left[${depth}.left + row${i}]`);
  // Where not all of the depth counts, one by one: looking for what counts takes a software adapter as long as all else.
  const inQuads = `
  while (u.masked != 2u) {
    let d0 = d;
    ${each(3, (i) => `let d${i + 1} = after(d${i});`, '\n    ')}
    if (d3.k >= end) { break; }
    let ownLeft = select(select(select(d0.left, d1.left, own == 1u), d2.left, own == 2u), d3.left, own == 3u);
    ${each(rows, (i) => `let own${i} = left[ownLeft + row${i}];`, '\n    ')}
    ${each(4, (i) => addProducts(`d${i}`, (row) => `quadBroadcast(own${row}, ${i}u)`), '\n    ')}
    d = after(d3);
  }`;
  return {
    name: 'multiply',
    enable: quads ? ['subgroups'] : [],
    uniforms: [
      'rows',
      'depth',
      'columns',
      'sliceDepth',
      'sliceLength',
      'slices',
      'accumulate',
      'masked',
      'maskOffset',
      ...strides('mask'),
      ...['left', 'right'].flatMap((name) => [
        `${name}Offset`,
        ...strides(`${name}Rows`),
        ...strides(`${name}Columns`),
      ]),
      'resultOffset',
      ...strides('resultRows'),
    ],
    bindings: [
      { name: 'left', access: 'read' },
      { name: 'right', access: 'read' },
      { name: 'mask', access: 'read' },
      { name: 'result', access: 'read_write' },
    ],
    code: `
${ALONG}
fn counts(i: u32) -> bool { return mask[u.maskOffset + ${along('mask', 'i')}] != 0.0; }

/** Where number k of the depth is on both sides, and how many steps are left of its periods there. */
struct Depth { k: u32, left: u32, right: u32, leftRest: u32, rightRest: u32 }

fn after(d: Depth) -> Depth {
  let leftTurns = d.leftRest == 1u;
  let rightTurns = d.rightRest == 1u;
  return Depth(
    d.k + 1u,
    d.left + select(u.leftColumnsInner, u.leftColumnsOuter - (u.leftColumnsPeriod - 1u) * u.leftColumnsInner, leftTurns),
    d.right + select(u.rightRowsInner, u.rightRowsOuter - (u.rightRowsPeriod - 1u) * u.rightRowsInner, rightTurns),
    select(d.leftRest - 1u, u.leftColumnsPeriod, leftTurns),
    select(d.rightRest - 1u, u.rightRowsPeriod, rightTurns));
}

/** The first from here on that counts. (A condition around the sums would make a software adapter twice as slow.) */
fn counting(here: Depth, end: u32) -> Depth {
  var d = here;
  while (u.masked == 2u && d.k < end && !counts(d.k)) { d = after(d); }
  return d;
}

@compute @workgroup_size(${across}, ${down})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  ${quads ? '@builtin(subgroup_invocation_id) thread: u32,' : ''}
) {
  let slice = group.z % u.slices;
  let firstRow = (group.z / u.slices * groups.y + group.y) * ${tile.rows}u + ${rows}u * local.y;
  let firstColumn = group.x * ${tile.columns}u + 4u * local.x;
  ${quads ? 'let own = thread % 4u;' : 'if (firstRow >= u.rows || firstColumn >= u.columns) { return; }'}
  let start = slice * u.sliceDepth;
  let end = min(u.depth, start + u.sliceDepth);
  // Rows and columns beyond the last are read as the last, and not written.
  ${each(rows, (i) => `let row${i} = ${along('leftRows', `min(firstRow + ${i}u, u.rows - 1u)`)};`)}
  ${each(OWN_COLUMNS, (i) => `let column${i} = ${along('rightColumns', `min(${columnOf(i)}, u.columns - 1u)`)};`)}
  ${each(rows, (i) => `var sum${i}a = vec4f();\n  var sum${i}b = vec4f();`)}
  let first = Depth(
    start,
    u.leftOffset + ${along('leftColumns', 'start')},
    u.rightOffset + ${along('rightRows', 'start')},
    u.leftColumnsPeriod - start % u.leftColumnsPeriod,
    u.rightRowsPeriod - start % u.rightRowsPeriod);
  var d = counting(first, end);
  ${quads ? inQuads : ''}
  for (; d.k < end; d = counting(after(d), end)) ${addOne('d')}
  ${each(rows, (i) => `write(slice, firstRow + ${i}u, firstColumn, sum${i}a);\n  write(slice, firstRow + ${i}u, firstColumn + ${tile.columns / 2}u, sum${i}b);`)}
}

fn write(slice: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= u.rows || column >= u.columns) { return; }
  let at = slice * u.sliceLength + u.resultOffset + ${along('resultRows', 'row')} + column;
  let isPadded = u.masked == 1u && !counts(row);
  for (var i = 0u; i < min(4u, u.columns - column); i++) {
    var value = select(sums[i], 0.0, isPadded);
    if (u.accumulate == 1u) { value += result[at + i]; }
    result[at + i] = value;
  }
}`,
  };
}
