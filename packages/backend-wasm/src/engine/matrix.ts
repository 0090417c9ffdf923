import type { Matrix } from '@sluice/core';
import type { FixedKernels } from './fixed-kernels.js';
import type { Floats, Heap } from './heap.js';

/** A right-hand side used for fewer rows than this is not worth packing. */
const WORTH_PACKING = 8;
/** Columns of a packed panel. */
const PANEL = 16;
const CACHE_LINE = 64;

/** The right-hand side of products: where it is, or, if it pays, packed in panels of 16 columns. */
export interface Right {
  readonly source: Matrix<Floats>;
  readonly depth: number;
  readonly columns: number;
  /** The address of the panels, which begin at a cache line, and of the memory allocated for them. */
  readonly packed: { readonly panels: number; readonly allocated: number } | null;
}

const addressOf = ({ memory, offset }: Matrix<Floats>): number => memory.address + offset * 4;

/** Matrix products on a WebAssembly memory; the kernels are in assembly/. */
export class MatrixProducts {
  private readonly scratch: number;
  constructor(
    private readonly heap: Heap,
    private readonly fixed: FixedKernels,
  ) {
    this.scratch = heap.allocate(fixed.scratchBytes());
  }

  /** Prepares a matrix as the right-hand side of products with `rows` rows altogether. */
  prepare(source: Matrix<Floats>, rows: number, depth: number, columns: number): Right {
    if (rows < WORTH_PACKING && source.columnStride === 1) return { source, depth, columns, packed: null };
    const allocated = this.heap.allocate(Math.ceil(columns / PANEL) * PANEL * depth * 4 + CACHE_LINE);
    const panels = Math.ceil(allocated / CACHE_LINE) * CACHE_LINE;
    const { rowStride, columnStride } = source;
    this.fixed.pack(addressOf(source), rowStride * 4, columnStride * 4, depth, columns, panels);
    return { source, depth, columns, packed: { panels, allocated } };
  }

  release({ packed }: Right): void {
    if (packed) this.heap.release(packed.allocated);
  }

  /** `result = left × right`, or `result += left × right`. */
  multiply(
    left: Matrix<Floats>,
    right: Right,
    result: Matrix<Floats>,
    rows: number,
    accumulate: boolean,
  ): void {
    const { source, depth, columns, packed } = right;
    if (packed === null && result.columnStride !== 1) {
      const repacked = this.prepare(source, WORTH_PACKING, depth, columns);
      this.multiply(left, repacked, result, rows, accumulate);
      this.release(repacked);
      return;
    }
    if (packed === null) {
      this.fixed.multiplyUnpacked(
        addressOf(left),
        left.rowStride * 4,
        left.columnStride * 4,
        addressOf(source),
        source.rowStride * 4,
        addressOf(result),
        result.rowStride * 4,
        rows,
        depth,
        columns,
        accumulate,
        this.scratch,
      );
      return;
    }
    this.fixed.multiply(
      addressOf(left),
      left.rowStride * 4,
      left.columnStride * 4,
      packed.panels,
      addressOf(result),
      result.rowStride * 4,
      result.columnStride * 4,
      rows,
      depth,
      columns,
      accumulate,
      this.scratch,
    );
  }
}
