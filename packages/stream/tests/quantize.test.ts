import { type Expression, slice } from '@sluice/core/equations';
import { dense, elementwise, network, Signal } from '@sluice/core/network';
import { describe, expect, test } from 'vitest';
import { createStream } from '../src/index.js';
import { expectClose, numbers } from './problem.js';

const { fround } = Math;
const BACKENDS = ['wasm', 'cpu'] as const;

/** A product alone. */
const product = (depth: number, columns: number) =>
  network({
    name: 'product',
    inputSize: depth,
    build: (x, use) => use('dense', dense({ units: columns, useBias: false }), x),
  });

async function multiply(
  row: ArrayLike<number>,
  matrix: Float32Array,
  backend: 'wasm' | 'cpu',
): Promise<Float32Array> {
  const net = product(row.length, matrix.length / row.length);
  const stream = await createStream(net, {
    weights: { 'dense.kernel': matrix },
    ...{ backend, quantize: 'int8' },
  });
  const result = stream.process(row).slice();
  // A second frame, after another one, has the same numbers.
  stream.process(Float32Array.from(row, (value) => value * 3));
  expect(stream.process(row)).toEqual(result);
  return result;
}

/** The definition in plain loops: whole numbers, their sum, one rounding to float32, then both scales. */
function expectedProduct(row: Float32Array, matrix: Float32Array): Float32Array {
  const columns = matrix.length / row.length;
  const most = Math.min(2064, Math.floor((2 ** 31 - 1) / (127 * row.length)));
  const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 2 ** -100);
  const rowScale = fround(largest / most);
  const whole = Array.from(row, (value) => {
    const scaled = fround(value * fround(most / largest));
    const below = Math.floor(scaled);
    const rest = scaled - below;
    return BigInt(below + (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? 1 : 0));
  });
  return Float32Array.from({ length: columns }, (_, column) => {
    const values = Array.from(row, (_, k) => matrix[k * columns + column]);
    const scale = fround(Math.max(...values.map(Math.abs)) / 127);
    if (scale === 0) return 0;
    const sum = values.reduce((total, value, k) => total + BigInt(Math.round(value / scale)) * whole[k], 0n);
    return fround(fround(fround(Number(sum)) * rowScale) * scale);
  });
}

describe.each(BACKENDS)('products in 8 bits on %s are exact sums of whole numbers', (backend) => {
  test.each([
    [1, 1],
    [2, 3],
    [3, 16],
    [4, 17],
    [5, 33],
    [7, 8],
    [8, 4],
    [31, 20],
    [32, 5],
    [33, 18],
    [63, 2],
    [257, 40],
    [1000, 3],
    [8191, 2],
    [20_000, 1],
  ])('%i × %i', async (depth, columns) => {
    const random = numbers(depth + columns);
    const row = random(depth, 3);
    const matrix = random(depth * columns);
    expect(await multiply(row, matrix, backend)).toEqual(expectedProduct(row, matrix));
  });

  test.each([100, 8191, 20_000])('the largest sums of %i products', async (depth) => {
    const row = new Float32Array(depth).fill(-1);
    const matrix = Float32Array.from({ length: depth * 16 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const result = await multiply(row, matrix, backend);
    expect(result).toEqual(expectedProduct(row, matrix));
    expectClose(
      result,
      Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? -depth : depth)),
      1e-6,
    );
  });

  test('whole numbers up to 127 and 2064 are kept', async () => {
    const row = [2064, -5, 0, 17, -2063];
    const matrix = [127, -127, 3, 126, 0, 64, 1, 99, -127, 12];
    const result = await multiply(row, Float32Array.from(matrix), backend);
    const sum = (column: number) => row.reduce((total, x, k) => total + x * matrix[k * 2 + column], 0);
    expect(Array.from(result)).toEqual([sum(0), sum(1)]);
  });

  test('rows of zeros, matrices of zeros and very small rows', async () => {
    const matrix = numbers(1)(50 * 20);
    expect(await multiply(new Float32Array(50), matrix, backend)).toEqual(new Float32Array(20));
    const row = numbers(2)(50);
    expect(await multiply(row, new Float32Array(50 * 20), backend)).toEqual(new Float32Array(20));
    const tiny = row.map((value) => value * 1e-20);
    expect(await multiply(tiny, matrix, backend)).toEqual(expectedProduct(tiny, matrix));
    const below = await multiply([1e-38, 1e-45, -1e-38], new Float32Array(3).fill(1), backend);
    expect(Math.abs(below[0])).toBeLessThan(2 ** -100);
  });

  test.each([
    ['an infinite number', (row: Expression) => row.mul(row), 3e38],
    ['NaN', (row: Expression) => row.mul(row).sub(row.mul(row)), 3e38],
  ])('%s in a row makes all results NaN, and the next frame is right again', async (_, apply, large) => {
    const net = network({
      name: 'overflow',
      inputSize: 9,
      build: (x, use) => use('dense', dense({ units: 3, useBias: false }), elementwise(x, apply)),
    });
    const weights = { 'dense.kernel': new Float32Array(27).fill(0.5) };
    const stream = await createStream(net, { weights, quantize: 'int8', backend });
    const small = [0, 1, 2, 0, 0, 0, 0, 0, 0];
    const before = stream.process(small).slice();
    for (let place = 0; place < 9; place++) {
      const frame = small.with(place, large);
      expect(Array.from(stream.process(frame))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    }
    expect(stream.process(small)).toEqual(before);
  });

  test('numbers beside the row of a product do not matter', async () => {
    for (let depth = 1; depth <= 17; depth++) {
      const net = network({
        name: 'part',
        inputSize: 40,
        build: (x, use) =>
          use('dense', dense({ units: 2, useBias: false }), Signal.of(slice(x.row, 3, depth), depth)),
      });
      const frame = new Float32Array(40).fill(1e9);
      const row = numbers(depth)(depth);
      frame.set(row, 3);
      const matrix = numbers(depth + 1)(depth * 2);
      const stream = await createStream(net, {
        weights: { 'dense.kernel': matrix },
        ...{ backend, quantize: 'int8' },
      });
      expect(stream.process(frame)).toEqual(expectedProduct(row, matrix));
    }
  });

  test.each([16, 512])('products of depth %i are within half a step of each factor', async (depth) => {
    const columns = 24;
    const row = numbers(4)(depth, 5);
    const matrix = numbers(5)(depth * columns, 0.3);
    const actual = await multiply(row, matrix, backend);
    const rowStep = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0) / 2064;
    for (let column = 0; column < columns; column++) {
      const values = Array.from(row, (_, k) => matrix[k * columns + column]);
      const step = Math.max(...values.map(Math.abs)) / 127;
      let [sum, bound] = [0, 0];
      for (let k = 0; k < depth; k++) {
        sum += row[k] * values[k];
        bound += (Math.abs(row[k]) * step + Math.abs(values[k]) * rowStep + (step * rowStep) / 2) / 2;
      }
      const error = Math.abs(actual[column] - sum);
      expect(error).toBeLessThan(bound * 1.0001);
      // Errors of rounding are independent: their sum grows with the root of the depth.
      expect(error).toBeLessThan((4 * bound) / Math.sqrt(depth));
    }
  });
});
