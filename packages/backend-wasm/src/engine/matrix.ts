import type { Matrix } from '@sluice/core/backend';
import type { FixedKernels, ProductArguments } from './fixed-kernels.js';
import type { Floats, Heap } from './heap.js';
import { PANEL } from './threads/chunks.js';
import type { Pool } from './threads/pool.js';

/** A right-hand side for fewer rows than this is not packed: packing would cost more than it saves. */
const WORTH_PACKING = 8;
const CACHE_LINE = 64;

/** The right-hand side of products, packed in panels of 16 columns if that pays. */
export interface Right extends Place {
  readonly depth: number;
  readonly columns: number;
  /** The address of the panels, aligned to a cache line, and of the memory that was allocated for them. */
  readonly packed: { readonly panels: number; readonly allocated: number } | null;
  /** Whether the panels belong to a weight, which keeps them until it is released. */
  readonly kept?: boolean;
}

/** The place of a matrix: address and strides in bytes. */
interface Place {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

const addressOf = ({ memory, offset }: Matrix<Floats>): number => memory.address + offset * 4;

const placeOf = (matrix: Matrix<Floats>): Place => ({
  address: addressOf(matrix),
  rowStride: matrix.rowStride * 4,
  columnStride: matrix.columnStride * 4,
});

const isOf = (right: Right, source: Matrix<Floats>, depth: number, columns: number): boolean =>
  right.address === addressOf(source) &&
  right.rowStride === source.rowStride * 4 &&
  right.columnStride === source.columnStride * 4 &&
  right.depth === depth &&
  right.columns === columns;

/** Matrix products on a WebAssembly memory; the kernels are in assembly/. */
export class MatrixProducts {
  /** The packed parts of weights, by the address of the weight. */
  private readonly weights = new Map<number, Right[]>();
  constructor(
    private readonly heap: Heap,
    private readonly fixed: FixedKernels,
    /** The address of scratch memory for the kernels. */
    private readonly scratch: number,
    private readonly pool: Pool | null,
  ) {}

  /** Prepares a matrix as the right-hand side of products, for `rows` rows in total. */
  prepare(source: Matrix<Floats>, rows: number, depth: number, columns: number): Right {
    if (rows < WORTH_PACKING && source.columnStride === 1) {
      return { ...placeOf(source), depth, columns, packed: null };
    }
    return this.pack(placeOf(source), depth, columns);
  }

  /**
   * Prepares a part of a weight. The first call packs it, and it stays packed until the weight's memory is released: a
   * stream of single steps does not pack its weights again.
   */
  prepareWeights(source: Matrix<Floats>, depth: number, columns: number): Right {
    const { address } = source.memory;
    const kept = this.weights.get(address) ?? [];
    if (kept.length === 0) this.weights.set(address, kept);
    for (const right of kept) if (isOf(right, source, depth, columns)) return right;
    const right = this.pack(placeOf(source), depth, columns, true);
    kept.push(right);
    return right;
  }

  /** Releases the packed parts of a weight, if it has any. To be called when its memory is released. */
  forget(address: number): void {
    const kept = this.weights.get(address);
    if (kept === undefined) return;
    this.weights.delete(address);
    for (const { packed } of kept) if (packed) this.heap.release(packed.allocated);
  }

  release({ packed, kept }: Right): void {
    if (packed && !kept) this.heap.release(packed.allocated);
  }

  private pack(place: Place, depth: number, columns: number, kept = false): Right {
    const allocated = this.heap.allocate(Math.ceil(columns / PANEL) * PANEL * depth * 4 + CACHE_LINE);
    const panels = Math.ceil(allocated / CACHE_LINE) * CACHE_LINE;
    const { address, rowStride, columnStride } = place;
    this.fixed.pack(address, rowStride, columnStride, depth, columns, panels);
    return { address, rowStride, columnStride, depth, columns, packed: { panels, allocated }, kept };
  }

  /** `result = left × right`, or `result += left × right`. */
  multiply(
    left: Matrix<Floats>,
    right: Right,
    result: Matrix<Floats>,
    rows: number,
    accumulate: boolean,
  ): void {
    const { depth, columns, packed } = right;
    if (packed === null && result.columnStride !== 1) {
      const repacked = this.pack(right, depth, columns);
      try {
        this.multiply(left, repacked, result, rows, accumulate);
      } finally {
        this.release(repacked);
      }
      return;
    }
    if (packed === null) {
      this.fixed.multiplyUnpacked(
        addressOf(left),
        left.rowStride * 4,
        left.columnStride * 4,
        right.address,
        right.rowStride,
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
    this.multiplyPacked(
      [
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
      ],
      accumulate,
    );
  }

  /** The same with a packed right-hand side, with the arguments of the device kernel. */
  multiplyPacked(operands: ProductArguments, accumulate: boolean): void {
    if (this.pool?.multiply(operands, accumulate)) return;
    const panels = Math.ceil(operands[9] / PANEL);
    this.fixed.multiply(...operands, 0, panels, accumulate, this.scratch);
  }
}
