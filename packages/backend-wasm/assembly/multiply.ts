import { DEPTH_BLOCK, PANEL, packLeft } from './pack';
import { addRow } from './rows';
import { oneRow, oneRowTwoPanels, twoRows } from './tile';

/** Rows worked on at a time: with their depth block (106 kB) they stay in the second-level cache. */
const ROW_BLOCK: i32 = 128;

/** Bytes that `multiply` needs for itself: the edge tile, then a block of packed rows. */
export function scratchBytes(): i32 {
  return 128 + ROW_BLOCK * DEPTH_BLOCK * 4;
}

/**
 * `result = left × right`, or `result += left × right`, with a right-hand side packed by `pack`. Strides are in bytes.
 * Rows of `left` whose numbers lie apart (a transposed matrix) are packed on the way. Only the panels from `firstPanel` to
 * before `endPanel` are computed, so that threads can share the columns of a single row.
 */
export function multiply(
  left: usize,
  leftRowStride: usize,
  leftColumnStride: usize,
  right: usize,
  result: usize,
  resultRowStride: usize,
  resultColumnStride: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  firstPanel: i32,
  endPanel: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const packed = scratch + 128;
  const panels = (columns + PANEL - 1) / PANEL;
  for (let block = 0; block < depth; block += DEPTH_BLOCK) {
    const blockDepth = min(DEPTH_BLOCK, depth - block);
    const add = accumulate || block > 0;
    const blockRight = right + <usize>(block * panels) * 64;
    for (let row = 0; row < rows; row += ROW_BLOCK) {
      const blockRows = min(ROW_BLOCK, rows - row);
      let a = left + <usize>row * leftRowStride + <usize>block * leftColumnStride;
      let stride = leftRowStride;
      if (leftColumnStride !== 4) {
        packLeft(a, leftRowStride, leftColumnStride, blockRows, blockDepth, packed);
        a = packed;
        stride = <usize>blockDepth * 4;
      }
      let panel = firstPanel;
      if (blockRows === 1 && resultColumnStride === 4) {
        panel = pairsOfPanels(
          a,
          blockRight,
          result + <usize>row * resultRowStride,
          blockDepth,
          panel,
          min(endPanel, columns / PANEL),
          add,
          scratch,
        );
      }
      for (; panel < endPanel; panel++) {
        const b = blockRight + <usize>(panel * blockDepth) * 64;
        const width = min(PANEL, columns - panel * PANEL);
        const c = result + <usize>row * resultRowStride + <usize>(panel * PANEL) * resultColumnStride;
        if (width === PANEL && resultColumnStride === 4) {
          wholePanel(a, stride, b, c, resultRowStride, blockRows, blockDepth, add, scratch);
        } else {
          edgePanel(
            a,
            stride,
            b,
            c,
            resultRowStride,
            resultColumnStride,
            blockRows,
            blockDepth,
            width,
            add,
            scratch,
          );
        }
      }
    }
  }
}

/** One row and the whole panels from `first` to before `end`, by twos, except an odd one. Returns the first panel that is left. */
function pairsOfPanels(
  a: usize,
  right: usize,
  row: usize,
  depth: i32,
  first: i32,
  end: i32,
  add: bool,
  tile: usize,
): i32 {
  const pairs = max(end - first, 0) / 2;
  for (let panel = first; panel < first + pairs; panel++) {
    const other = panel + pairs;
    const c = row + <usize>panel * 64;
    const d = row + <usize>other * 64;
    const b = right + <usize>(panel * depth) * 64;
    oneRowTwoPanels(a, b, right + <usize>(other * depth) * 64, depth, add ? tile : c, add ? tile + 64 : d);
    if (add) {
      addRow(tile, c, PANEL);
      addRow(tile + 64, d, PANEL);
    }
  }
  return first + 2 * pairs;
}

function wholePanel(
  a: usize,
  aStride: usize,
  b: usize,
  c: usize,
  cStride: usize,
  rows: i32,
  depth: i32,
  add: bool,
  tile: usize,
): void {
  let i = 0;
  for (; i + 2 <= rows; i += 2) {
    twoRows(a, a + aStride, b, depth, c, c + cStride, add);
    a += 2 * aStride;
    c += 2 * cStride;
  }
  if (i < rows) {
    oneRow(a, b, depth, add ? tile : c);
    if (add) addRow(tile, c, PANEL);
  }
}

/** A panel with less than 16 columns, or whose columns lie apart in the result: by way of the edge tile. */
function edgePanel(
  a: usize,
  aStride: usize,
  b: usize,
  c: usize,
  cStride: usize,
  cColumnStride: usize,
  rows: i32,
  depth: i32,
  width: i32,
  add: bool,
  tile: usize,
): void {
  for (let i = 0; i < rows; i += 2) {
    const both = i + 1 < rows;
    if (both) twoRows(a, a + aStride, b, depth, tile, tile + 64, false);
    else oneRow(a, b, depth, tile);
    keepRow(tile, c, cColumnStride, width, add);
    if (both) keepRow(tile + 64, c + cStride, cColumnStride, width, add);
    a += 2 * aStride;
    c += 2 * cStride;
  }
}

function keepRow(from: usize, to: usize, columnStride: usize, width: i32, add: bool): void {
  for (let j = 0; j < width; j++) {
    const value = f32.load(from);
    f32.store(to, add ? f32.load(to) + value : value);
    from += 4;
    to += columnStride;
  }
}
