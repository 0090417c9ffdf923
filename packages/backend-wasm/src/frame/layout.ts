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

/** Rows of a matrix that a turn of a product in whole numbers multiplies. */
export const INTEGER_DEPTH = 4;

/** Packs matrices in another format than float32. */
export interface Packing {
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
  for (let panel = 0; panel < columns; panel += PANEL) {
    const width = Math.min(PANEL, columns - panel);
    for (let row = firstRow; row < firstRow + rows; row++, at += PANEL) {
      const from = row * stride + firstColumn + panel;
      for (let column = 0; column < width; column++) packed[at + column] = values[from + column];
    }
  }
}
