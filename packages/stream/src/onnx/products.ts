/** Rows times matrices of known numbers. */
import type { Expression } from '@sluice/core/equations';
import { broadcastShape, type Constant, expandTo, operations, sizeOf } from '@sluice/formats/onnx';
import { type Call, type GraphOperation, shapeOfValue } from './call.js';
import { type GraphValue, type SignalValue, signalOf } from './elements.js';
import { pointwise, shapeText } from './pointwise.js';
import { reduce } from './reductions.js';

export interface ProductMatrix {
  /** Says which matrix of the node it is. */
  readonly key: string;
  readonly width: number;
  /** The number at a row and a column. */
  readonly at: (row: number, column: number) => number;
  /** Added to every result. */
  readonly bias?: Float32Array | undefined;
}

/** Joined rows with more pieces than this are copied before they are multiplied. */
const MOST_PIECES = 8;

/**
 * Multiplies rows of elements, all of one length, with a matrix. The rows of the matrix are put into the order in which the
 * elements lie in memory, where that is one piece and the given order is many.
 * @returns for each row the number of the first element of its result.
 */
export function multiplyRows(call: Call, given: readonly Int32Array[], matrix: ProductMatrix): number[] {
  const { elements, vector } = call;
  const depth = given[0].length;
  for (const { length } of given) elements.reserve(length);
  const natural = Int32Array.from({ length: depth }, (_, i) => i);
  const inMemory = natural.slice().sort((a, b) => given[0][a] - given[0][b] || a - b);
  const ordered = (order: Int32Array) => given.map((row) => row.map((_, i) => row[order[i]]));
  const count = (rows: readonly Int32Array[]) =>
    rows.reduce((sum, row) => sum + elements.countPieces(row), 0);
  const candidates = [natural, inMemory].map((order) => ({ order, rows: ordered(order) }));
  const costs = candidates.map(({ rows }) => count(rows));
  const { order, rows } = candidates[costs[1] < costs[0] ? 1 : 0];
  const isScattered = Math.min(...costs) > MOST_PIECES * rows.length;
  const operands = isScattered ? copied(call, rows) : rows;
  const { width, at, bias } = matrix;
  const multiply = call.weights.matrix(
    call.name,
    order === natural || isNatural(order) ? matrix.key : `${matrix.key} ${order.join()}`,
    [depth, width],
    () => {
      const values = new Float32Array(depth * width);
      for (let row = 0; row < depth; row++) {
        for (let column = 0; column < width; column++) values[row * width + column] = at(order[row], column);
      }
      return values;
    },
  );
  const add = (row: Expression) =>
    bias === undefined ? row : row.add(call.weights.vector(call.name, bias, 'bias'));
  return operands.map((row) => elements.add(add(multiply(elements.row(row, vector))), width));
}

const isNatural = (order: Int32Array): boolean => order.every((place, i) => place === i);

/** The rows with their elements in a new row, each element once, in the order in which rows need them. */
function copied({ elements, vector }: Call, rows: readonly Int32Array[]): Int32Array[] {
  const places = new Map<number, number>();
  for (const row of rows)
    for (const element of row) if (!places.has(element)) places.set(element, places.size);
  const first = elements.copy([...places.keys()], vector);
  return rows.map((row) => row.map((element) => first + (places.get(element) as number)));
}

/** The product of two arrays of matrices, as in NumPy; one of them at least depends on the frame. */
function matMul(call: Call, a: GraphValue, b: GraphValue, bias?: Float32Array): GraphValue {
  if (a.kind === 'signal' && b.kind === 'known') return signalTimesKnown(call, a, b.constant, bias);
  if (a.kind === 'known' && b.kind === 'signal') {
    // A · B = (Bᵀ · Aᵀ)ᵀ
    const [left, right] = [transposed(call, b), transposed(call, a)];
    return transposed(call, matMul(call, left, right));
  }
  return signalTimesSignal(call, a, b);
}

/** Sums of rows of the right matrix, each times a number, or of products of rows and columns: what is put together from less. */
function signalTimesSignal(call: Call, a: GraphValue, b: GraphValue): GraphValue {
  const { elements, vector } = call;
  const [left, right] = [shapeOfValue(a), shapeOfValue(b)];
  const batch = broadcastShape(left.slice(0, -2), right.slice(0, -2));
  const [m, depth, width] = [left.at(-2) as number, left.at(-1) as number, right.at(-1) as number];
  if (!batch || right.at(-2) !== depth) {
    throw new Error(`it multiplies ${shapeText(left)} with ${shapeText(right)}`);
  }
  elements.reserve(sizeOf([...batch, m, width, depth]));
  const own = expandTo(elements.elementsOf(a), [...batch, m, depth], elements.reserve).values;
  const others = expandTo(elements.elementsOf(b), [...batch, depth, width], elements.reserve).values;
  const columns = elements.elementsOf(transposed(call, b)).values;
  if (elements.countPieces(columns) < elements.countPieces(others)) {
    const wide = reshaped(a, [...left.slice(0, -1), 1, depth]);
    const turned = reshaped(transposed(call, b), [...right.slice(0, -2), 1, width, depth]);
    const products = pointwise(call, (x, y) => x.mul(y), wide, turned);
    return reduce(call, products, [products.elements.shape.length - 1], 'sum', false);
  }
  const result = new Int32Array(sizeOf([...batch, m, width]));
  for (let row = 0; row < result.length / width; row++) {
    const first = Math.floor(row / m) * depth;
    const terms = Array.from({ length: depth }, (_, k) => {
      const start = (first + k) * width;
      const factor = elements.row([own[row * depth + k]], vector);
      return elements.row(others.subarray(start, start + width), vector).mul(factor);
    });
    const sum = elements.add(
      terms.reduce((total, term) => total.add(term)),
      width,
    );
    for (let column = 0; column < width; column++) result[row * width + column] = sum + column;
  }
  return signalOf([...batch, m, width], result);
}

function signalTimesKnown(
  call: Call,
  { elements: a }: SignalValue,
  b: Constant,
  bias?: Float32Array,
): GraphValue {
  const [rows, depth] = a.shape.slice(-2);
  const [own, width] = b.shape.slice(-2);
  if (depth !== own) throw new Error(`it multiplies ${shapeText(a.shape)} with ${shapeText(b.shape)}`);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!batch) throw new Error(`it multiplies ${shapeText(a.shape)} with ${shapeText(b.shape)}`);
  const { reserve } = call.elements;
  const left = expandTo(a, [...batch, rows, depth], reserve).values;
  const same = sizeOf(b.shape.slice(0, -2)) === 1;
  const right = same ? b.values : expandTo(b, [...batch, depth, width], reserve).values;
  const result = new Int32Array(sizeOf(batch) * rows * width);
  const matrices = same ? 1 : sizeOf(batch);
  const each = (sizeOf(batch) / matrices) * rows;
  reserve(result.length);
  for (let matrix = 0; matrix < matrices; matrix++) {
    const operands = Array.from({ length: each }, (_, i) => {
      const start = (matrix * each + i) * depth;
      return Int32Array.from(left.subarray(start, start + depth));
    });
    const at = (row: number, column: number) => right[(matrix * depth + row) * width + column];
    const firsts = multiplyRows(call, operands, { key: `${matrix}`, width, at, bias });
    firsts.forEach((first, i) => {
      for (let n = 0; n < width; n++) result[(matrix * each + i) * width + n] = first + n;
    });
  }
  return signalOf([...batch, rows, width], result);
}

const withShape = (value: GraphValue, run: (array: Constant) => Constant): GraphValue =>
  value.kind === 'known'
    ? { kind: 'known', constant: run(value.constant) }
    : { kind: 'signal', elements: run(value.elements) };

const reshaped = (value: GraphValue, shape: readonly number[]): GraphValue =>
  withShape(value, (array) => ({ ...array, shape }));

/** The last two axes exchanged. */
const transposed = (call: Call, value: GraphValue): GraphValue =>
  withShape(value, (array) => {
    const { length } = array.shape;
    const order = array.shape.map((_, axis) => (axis < length - 2 ? axis : 2 * length - 3 - axis));
    const attributes = new Map([['perm', { ints: order, floats: [], strings: [], graphs: [] }]]);
    const { reserve } = call.elements;
    return operations.Transpose({
      ...{ inputs: [array], attributes, outputs: 1, reserve },
      tensor: () => undefined,
    })[0];
  });

/** A row alone is a matrix of one row on the left, and of one column on the right. */
const matMulOperation: GraphOperation = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  const [left, right] = [shapeOfValue(a), shapeOfValue(b)];
  if (left.length === 0 || right.length === 0) throw new Error('it multiplies a number');
  const wideLeft = left.length === 1 ? reshaped(a, [1, ...left]) : a;
  const wideRight = right.length === 1 ? reshaped(b, [...right, 1]) : b;
  const product = matMul(call, wideLeft, wideRight);
  const shape = [...shapeOfValue(product)];
  if (right.length === 1) shape.pop();
  if (left.length === 1) shape.splice(right.length === 1 ? -1 : -2, 1);
  return [reshaped(product, shape)];
};

const gemm: GraphOperation = (call) => {
  const turned = (i: number, attribute: string) =>
    call.integer(attribute, 0) === 0 ? call.input(i) : transposed(call, call.input(i));
  const [a, b, c] = [turned(0, 'transA'), turned(1, 'transB'), call.inputs[2]];
  const [alpha, beta] = [call.number('alpha', 1), call.number('beta', 1)];
  const width = shapeOfValue(b).at(-1) as number;
  const isRow =
    c?.kind === 'known' && sizeOf(c.constant.shape) === width && c.constant.shape.at(-1) === width;
  const isBias = isRow && alpha === 1 && beta === 1;
  if (isBias && a.kind === 'signal' && b.kind === 'known') {
    return [matMul(call, a, b, Float32Array.from(c.constant.values))];
  }
  const product = matMul(call, a, b);
  const scaled = alpha === 1 ? product : pointwise(call, (x) => x.mul(alpha), product);
  if (!c) return [scaled];
  return [pointwise(call, (x, y) => x.add(beta === 1 ? y : y.mul(beta)), scaled, c)];
};

/** The operations by their names in ONNX. */
export const productOperations: Readonly<Record<string, GraphOperation>> = {
  MatMul: matMulOperation,
  Gemm: gemm,
};
