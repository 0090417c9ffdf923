import { type Kernel, repeatText } from '../kernel.js';

/** How a product is divided among threads: each computes `rows` × 8 numbers of the result. */
export interface Tiling {
  readonly rows: 8 | 16;
  /** Threads of a workgroup along the columns and along the rows. */
  readonly across: number;
  readonly down: number;
  /**
   * Whether the four threads of a quad (feature `subgroups`) each read the left side at one of four depths and exchange
   * these numbers. They must compute the same rows, so `down` is 1.
   */
  readonly quads: boolean;
}

/** On a GPU threads share reads through the first-level cache. */
const ON_GPU: Tiling = { rows: 8, across: 8, down: 8, quads: false };
/** On a software adapter reading is most of the work, since each thread reads by itself. */
const IN_QUADS: Tiling = { rows: 16, across: 16, down: 1, quads: true };

/** Chooses the tiling for a device. */
export const chooseTiling = (device: {
  readonly isSoftware: boolean;
  readonly subgroups: boolean;
}): Tiling => (device.isSoftware && device.subgroups ? IN_QUADS : ON_GPU);

/** Columns that a thread computes. */
const THREAD_COLUMNS = 8;

/** The rows and columns that a workgroup computes. */
export const tileSize = ({
  rows,
  across,
  down,
}: Tiling): { readonly rows: number; readonly columns: number } => ({
  rows: rows * down,
  columns: THREAD_COLUMNS * across,
});

/** The uniforms of a `Stride`. */
export const strideNames = (name: string): string[] => [`${name}Period`, `${name}Outer`, `${name}Inner`];

/** Writes the offset of number `i` of a direction. */
export const offsetAlong = (name: string, i: string): string =>
  `offsetAlong(${i}, u.${name}Period, u.${name}Outer, u.${name}Inner)`;

export const OFFSET_ALONG = `
fn offsetAlong(i: u32, period: u32, outer: u32, inner: u32) -> u32 {
  let whole = i / period;
  return whole * outer + (i - whole * period) * inner;
}`;

const kernels = new Map<Tiling, Kernel>();

/** Returns the kernel `result = left × right`, or `result += left × right`, of a tiling; the same object every time. */
export function multiplyKernel(tiling: Tiling): Kernel {
  const kernel = kernels.get(tiling) ?? writeKernel(tiling);
  kernels.set(tiling, kernel);
  return kernel;
}

/**
 * Every thread computes a tile of the result from numbers that it reads itself.
 *
 * Ladder (3,200 × 128 × 384 on a software adapter, two cores; ms):
 *   1  64 × 64 by 256 threads, 4 × 4 each, strips of both sides in workgroup memory    450
 *   2  the same without the strips, which cost writing, reading and two barriers each  165
 *   3  8 × 8 a thread, 64 threads: 16 numbers read for 64 multiplications, not 32      115   `ON_GPU`
 *   4  16 × 8 a thread: 24 numbers for 128                                             105
 *   5  4 in quads: 12 numbers for 128, with masks looked for at every depth            115
 *   6  5 without looking where there is no mask                                        80    `IN_QUADS`
 */
function writeKernel(tiling: Tiling): Kernel {
  const { rows, across, down, quads } = tiling;
  const tile = tileSize(tiling);
  /** A thread has two groups of four columns, half a tile apart, so that a row of threads reads consecutive numbers. */
  const columnOf = (i: number) => `firstColumn + ${i < 4 ? i : tile.columns / 2 + i - 4}u`;
  const rightAt = (depth: string, first: number) =>
    `vec4f(${repeatText(4, (i) => `right[${depth}.right + column${first + i}]`, ', ')})`;
  /** Writes the additions for one depth; `left` returns a number of the left side. */
  const addProducts = (depth: string, left: (row: number) => string) => `{
      let a = ${rightAt(depth, 0)};
      let b = ${rightAt(depth, 4)};
      ${repeatText(rows, (i) => `let left${i} = ${left(i)};\n      sum${i}a += left${i} * a;\n      sum${i}b += left${i} * b;`, '\n      ')}
    }`;
  const addOne = (depth: string) => addProducts(depth, (i) => `left[${depth}.left + row${i}]`);
  // With a mask over the depth, the loop below takes one depth at a time: testing masks here would double the time.
  const inQuads = `
  while (u.masked != 2u) {
    let d0 = d;
    ${repeatText(3, (i) => `let d${i + 1} = after(d${i});`, '\n    ')}
    if (d3.k >= end) { break; }
    let ownLeft = select(select(select(d0.left, d1.left, own == 1u), d2.left, own == 2u), d3.left, own == 3u);
    ${repeatText(rows, (i) => `let own${i} = left[ownLeft + row${i}];`, '\n    ')}
    ${repeatText(4, (i) => addProducts(`d${i}`, (row) => `quadBroadcast(own${row}, ${i}u)`), '\n    ')}
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
      ...strideNames('mask'),
      ...['left', 'right'].flatMap((name) => [
        `${name}Offset`,
        ...strideNames(`${name}Rows`),
        ...strideNames(`${name}Columns`),
      ]),
      'resultOffset',
      ...strideNames('resultRows'),
    ],
    bindings: [
      { name: 'left', access: 'read' },
      { name: 'right', access: 'read' },
      { name: 'mask', access: 'read' },
      { name: 'result', access: 'read_write' },
    ],
    code: `
${OFFSET_ALONG}
fn isActive(i: u32) -> bool { return mask[u.maskOffset + ${offsetAlong('mask', 'i')}] != 0.0; }

/** The offsets of depth k on both sides, and the steps that are left of the current period. */
struct Depth { k: u32, left: u32, right: u32, leftRest: u32, rightRest: u32 }

fn after(d: Depth) -> Depth {
  let leftWraps = d.leftRest == 1u;
  let rightWraps = d.rightRest == 1u;
  return Depth(
    d.k + 1u,
    d.left + select(u.leftColumnsInner, u.leftColumnsOuter - (u.leftColumnsPeriod - 1u) * u.leftColumnsInner, leftWraps),
    d.right + select(u.rightRowsInner, u.rightRowsOuter - (u.rightRowsPeriod - 1u) * u.rightRowsInner, rightWraps),
    select(d.leftRest - 1u, u.leftColumnsPeriod, leftWraps),
    select(d.rightRest - 1u, u.rightRowsPeriod, rightWraps));
}

/** Skips masked depths. (A condition around the sums would make a software adapter twice as slow.) */
fn skipMasked(here: Depth, end: u32) -> Depth {
  var d = here;
  while (u.masked == 2u && d.k < end && !isActive(d.k)) { d = after(d); }
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
  // Rows and columns beyond the last read the last one and are not written.
  ${repeatText(rows, (i) => `let row${i} = ${offsetAlong('leftRows', `min(firstRow + ${i}u, u.rows - 1u)`)};`)}
  ${repeatText(THREAD_COLUMNS, (i) => `let column${i} = ${offsetAlong('rightColumns', `min(${columnOf(i)}, u.columns - 1u)`)};`)}
  ${repeatText(rows, (i) => `var sum${i}a = vec4f();\n  var sum${i}b = vec4f();`)}
  let first = Depth(
    start,
    u.leftOffset + ${offsetAlong('leftColumns', 'start')},
    u.rightOffset + ${offsetAlong('rightRows', 'start')},
    u.leftColumnsPeriod - start % u.leftColumnsPeriod,
    u.rightRowsPeriod - start % u.rightRowsPeriod);
  var d = skipMasked(first, end);
  ${quads ? inQuads : ''}
  for (; d.k < end; d = skipMasked(after(d), end)) ${addOne('d')}
  // In a loop there is one call: software adapters compile a function again for each call (1,050 ms then, 320 ms so).
  var sums = array<vec4f, ${2 * rows}>(${repeatText(rows, (i) => `sum${i}a, sum${i}b`, ', ')});
  for (var i = 0u; i < ${2 * rows}u; i++) {
    write(slice, firstRow + i / 2u, firstColumn + i % 2u * ${tile.columns / 2}u, sums[i]);
  }
}

fn write(slice: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= u.rows || column >= u.columns) { return; }
  let at = slice * u.sliceLength + u.resultOffset + ${offsetAlong('resultRows', 'row')} + column;
  let isPadded = u.masked == 1u && !isActive(row);
  for (var i = 0u; i < min(4u, u.columns - column); i++) {
    var value = select(sums[i], 0.0, isPadded);
    if (u.accumulate == 1u) { value += result[at + i]; }
    result[at + i] = value;
  }
}`,
  };
}
