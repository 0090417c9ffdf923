import type { Plan } from '@sluice/core';
import { FRAME_ALIGNMENT, type Frame, type FramePlace, type MatrixReference } from '@sluice/core/backend';

/** A vector parameter as it is, or a part of a matrix parameter in panels of columns; `start` counts numbers. */
export type PackedWeights = { readonly parameter: number; readonly start: number } & (
  | { readonly kind: 'vector'; readonly length: number }
  | ({ readonly kind: 'matrix' } & Omit<MatrixReference, 'buffer'>)
);

/**
 * The places of everything that a compiled frame reads and writes, as plain data. It has two regions of memory: the weights,
 * which many streams share, and the numbers of one stream. All places count float32 numbers from the start of their region.
 */
export interface FrameLayout {
  readonly weightLength: number;
  readonly streamLength: number;
  readonly input: FramePlace;
  readonly output: FramePlace;
  /** All states, one behind the other. */
  readonly state: FramePlace;
}

/** Columns of a panel of packed weights. A product writes whole panels, which is why rows have room for them. */
export const PANEL = FRAME_ALIGNMENT;
export const inPanels = (length: number): number => Math.ceil(length / PANEL) * PANEL;
/**
 * The columns of panels of float32 numbers, the widest first. A product has a sum for each four columns: six of them, six
 * vectors of weights and a number of the row fit into the registers.
 */
export const PANEL_WIDTHS = [24, PANEL];

/** For each width the number of panels, which have `columns` columns together; undefined when there are no such panels. */
function cover(columns: number, [width, ...others]: readonly number[]): readonly number[] | undefined {
  if (width === undefined) return columns === 0 ? [] : undefined;
  for (let count = Math.floor(columns / width); count >= 0; count--) {
    const rest = cover(columns - count * width, others);
    if (rest !== undefined) return [count, ...rest];
  }
  return undefined;
}

/** The numbers of panels of each width for a matrix, with as many of the widest as there can be. */
export function countPanels(columns: number, widths: readonly number[]): readonly number[] {
  const counts = cover(inPanels(columns), widths);
  if (counts === undefined) throw new Error(`no panels for ${columns} columns`);
  return counts;
}

/** The first column and the width of each panel. */
export function panelsOf(
  columns: number,
  widths: readonly number[],
): readonly { readonly first: number; readonly width: number }[] {
  let next = 0;
  return countPanels(columns, widths).flatMap((count, i) =>
    Array.from({ length: count }, () => {
      const first = next;
      next += widths[i];
      return { first, width: widths[i] };
    }),
  );
}

/** Rows of a matrix that a turn of a product in whole numbers multiplies. */
export const INTEGER_DEPTH = 4;

/** Packs matrices in another format than float32. */
export interface Packing {
  /** The columns of panels, the widest first. */
  readonly widths: readonly number[];
  /** The float32 numbers that a packed matrix takes. */
  readonly lengthOf: (rows: number, columns: number) => number;
  readonly pack: (matrix: PackedMatrix, values: ArrayLike<number>, packed: Float32Array<ArrayBuffer>) => void;
}

/** Decides the places of weights. */
export class WeightPlaces {
  readonly list: PackedWeights[] = [];
  private readonly known = new Map<string, number>();
  private end = 0;

  constructor(
    private readonly plan: Plan,
    private readonly frame: Frame,
    private readonly packing: Packing | undefined,
  ) {}

  get length(): number {
    return this.end;
  }

  /** The first number of a vector parameter. */
  vector(buffer: number): number {
    const parameter = this.parameterOf(buffer);
    const length = this.frame.loop.buffers[buffer].width;
    if (this.plan.parameters[parameter].form !== 'vector') throw new Error('a matrix is read as a row');
    return this.place({ kind: 'vector', parameter, length }, inPanels(length));
  }

  /** The first number of the packed part of a matrix. Products with the same part share it. */
  matrix({ buffer, ...part }: MatrixReference): number {
    const parameter = this.parameterOf(buffer);
    const { rows, columns } = part;
    const length = this.packing?.lengthOf(rows, columns) ?? rows * inPanels(columns);
    return this.place({ kind: 'matrix', parameter, ...part }, length);
  }

  private parameterOf(buffer: number): number {
    const { source, name } = this.frame.loop.buffers[buffer];
    if (source?.kind !== 'parameter') throw new Error(`a frame has no place for '${name}'`);
    return source.index;
  }

  private place(weights: Unplaced, length: number): number {
    const key = JSON.stringify(weights);
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const start = this.end;
    this.known.set(key, start);
    this.list.push({ ...weights, start });
    this.end += length;
    return start;
  }
}

type Unplaced = PackedWeights extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'start'>
    : never
  : never;

/** Puts parameters, which are the plan's in its order, where a compiled frame reads them: bytes of `length` float32 numbers. */
export function packWeights(
  list: readonly PackedWeights[],
  length: number,
  parameters: readonly ArrayLike<number>[],
  packing: Packing | undefined,
): ArrayBuffer {
  const packed = new Float32Array(length);
  for (const weights of list) {
    const values = parameters[weights.parameter];
    if (weights.kind === 'vector') packed.set(values, weights.start);
    else (packing?.pack ?? packNumbers)(weights, values, packed);
  }
  return packed.buffer;
}

export type PackedMatrix = PackedWeights & { readonly kind: 'matrix' };

/** Panels of columns, row by row. */
function packNumbers(matrix: PackedMatrix, values: ArrayLike<number>, packed: Float32Array): void {
  const { firstRow, rows, firstColumn, columns, stride } = matrix;
  let at = matrix.start;
  for (const { first, width } of panelsOf(columns, PANEL_WIDTHS)) {
    const used = Math.min(width, columns - first);
    for (let row = firstRow; row < firstRow + rows; row++, at += width) {
      const from = row * stride + firstColumn + first;
      for (let column = 0; column < used; column++) packed[at + column] = values[from + column];
    }
  }
}
