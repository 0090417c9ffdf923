/**
 * The numbers of a graph's values by their places in rows. A value is an array of element numbers: moving, cutting and repeating
 * elements are then operations on integers, and a row is put together only where something computes with it.
 */
import { concat, type Expression, repeat, slice, zeros } from '@sluice/core/equations';
import type { Constant } from '@sluice/formats/onnx';

/** A value that depends on the frame: `values` are element numbers. Those below 0 stand for known numbers. */
export interface SignalValue {
  readonly kind: 'signal';
  readonly elements: Constant;
}

/** A value that is known before the model runs. */
export interface KnownValue {
  readonly kind: 'known';
  readonly constant: Constant;
}

export type GraphValue = SignalValue | KnownValue;

/** Makes a row of known numbers. */
export type MakeVector = (values: Float32Array) => Expression;

/** A graph with more pieces would take minutes to compile. */
const MAX_PIECES = 50_000;
/** Elements of all values together. */
const MAX_ELEMENTS = 10_000_000;

interface Row {
  readonly expression: Expression;
  readonly first: number;
  readonly length: number;
}

export class Elements {
  private readonly rows: Row[] = [];
  private end = 0;
  private readonly known: number[] = [0];
  private readonly numbers = new Map<number, number>([[0, -1]]);
  private pieces = 0;
  private reserved = 0;

  /** Accounts for work on so many elements. @throws Error when a graph asks for more than a stream can be. */
  readonly reserve = (count: number): void => {
    this.reserved += count;
    if (count >= 0 && this.reserved <= MAX_ELEMENTS) return;
    throw new Error(`the graph has more than ${MAX_ELEMENTS} elements for one frame; give smaller sizes`);
  };

  /** The number of the first element of a row. */
  add(expression: Expression, length: number): number {
    const first = this.end;
    this.rows.push({ expression, first, length });
    this.end += length;
    if (this.end < 2 ** 31) return first;
    throw new Error('the graph has too many rows');
  }

  /** A row as a value of a shape. */
  value(expression: Expression, shape: readonly number[]): SignalValue {
    const count = shape.reduce((product, size) => product * size, 1);
    this.reserve(count);
    const first = this.add(expression, count);
    return signalOf(
      shape,
      Int32Array.from({ length: count }, (_, i) => first + i),
    );
  }

  /** The element that stands for a known number. */
  numbered(value: number): number {
    const single = Math.fround(value);
    let found = this.numbers.get(single);
    if (found === undefined) {
      this.known.push(single);
      found = -this.known.length;
      this.numbers.set(single, found);
    }
    return found;
  }

  /** The known number of an element below 0. */
  numberOf(element: number): number {
    return this.known[-element - 1];
  }

  /** Element numbers of any value. */
  elementsOf(value: GraphValue): Constant {
    if (value.kind === 'signal') return value.elements;
    const { shape, values } = value.constant;
    this.reserve(values.length);
    return { type: 'int32', shape, values: Int32Array.from(values, (number) => this.numbered(number)) };
  }

  /** The place of the row in which an element lies; −1 for known numbers. */
  rowOf(element: number): number {
    if (element < 0) return -1;
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle].first <= element) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The number of pieces of which `row` would put elements together. */
  countPieces(elements: ArrayLike<number>): number {
    let count = 0;
    for (let i = 0; i < elements.length; i += this.pieceLength(elements, i)) count++;
    return count;
  }

  /** The elements as one row. `vector` makes the rows of known numbers. */
  row(elements: ArrayLike<number>, vector: MakeVector): Expression {
    const { length } = elements;
    const times = repeatsOf(elements);
    if (times > 1 && length > 1) {
      const each = Int32Array.from({ length: length / times }, (_, i) => elements[i * times]);
      if (each.length > 1 || each[0] >= 0) return repeat(this.row(each, vector), times);
    }
    const pieces: Expression[] = [];
    for (let i = 0; i < length; ) {
      const count = this.pieceLength(elements, i);
      if (++this.pieces > MAX_PIECES) {
        throw new Error(
          `the graph puts rows together from more than ${MAX_PIECES} pieces; give smaller sizes`,
        );
      }
      pieces.push(this.piece(elements, i, count, vector));
      i += count;
    }
    return pieces.length === 1 ? pieces[0] : concat(...pieces);
  }

  /**
   * The elements as a row of their own, in one piece: products with it are one product, not one for each piece.
   * @returns the number of its first element.
   */
  copy(elements: ArrayLike<number>, vector: MakeVector): number {
    const { length } = elements;
    // A slice of a longer row, since a product with joined rows becomes a sum of products.
    return this.add(slice(concat(this.row(elements, vector), zeros(1)), 0, length), length);
  }

  private piece(elements: ArrayLike<number>, start: number, count: number, vector: MakeVector): Expression {
    const first = elements[start];
    if (first >= 0) {
      const { expression, first: base, length } = this.rows[this.rowOf(first)];
      return count === length ? expression : slice(expression, first - base, count);
    }
    if (first === -1) return zeros(count);
    return vector(Float32Array.from({ length: count }, (_, i) => this.numberOf(elements[start + i])));
  }

  /** How many elements from `start` on are neighbours in a row, zeros, or other known numbers. */
  private pieceLength(elements: ArrayLike<number>, start: number): number {
    const first = elements[start];
    let end = start + 1;
    if (first < 0) {
      while (end < elements.length && elements[end] < 0 && (elements[end] === -1) === (first === -1)) end++;
      return end - start;
    }
    const { first: base, length } = this.rows[this.rowOf(first)];
    const most = Math.min(elements.length, start + base + length - first);
    while (end < most && elements[end] === first + end - start) end++;
    return end - start;
  }
}

export const signalOf = (shape: readonly number[], values: Int32Array): SignalValue => ({
  kind: 'signal',
  elements: { type: 'int32', shape, values },
});

/** The largest number for which each element is there so often in a row, one behind the other; 1 for other rows. */
function repeatsOf(elements: ArrayLike<number>): number {
  const { length } = elements;
  let times = 1;
  while (times < length && elements[times] === elements[0]) times++;
  if (times === 1 || length % times !== 0) return 1;
  for (let i = 0; i < length; i++) if (elements[i] !== elements[i - (i % times)]) return 1;
  return times;
}
