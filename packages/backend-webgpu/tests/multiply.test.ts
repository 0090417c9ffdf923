import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Gpu } from '../src/engine/gpu.js';
import { apart, type Mask, multiply, type Stride, slicesOf } from '../src/engine/kernels/multiply.js';
import { tileOf } from '../src/engine/kernels/multiply-kernel.js';
import { BufferPool } from '../src/engine/memory.js';
import { softwareDevice } from './software-device.js';

let device: GPUDevice;
let gpu: Gpu;

/** Small whole numbers, whose products and sums are exact. */
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => ((i * 31 + seed * 17) % 7) - 3);

function upload(values: Float32Array<ArrayBuffer>): GPUBuffer {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const buffer = device.createBuffer({ size: values.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}

/** Where matrices begin in their buffers. */
const offset = 3;

interface Sizes {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

/** The product of two matrices that lie somewhere in larger buffers, turned over or not, added to what is there. */
async function product(sizes: Sizes, turned: { left: boolean; right: boolean }, accumulate: boolean) {
  const { rows, depth, columns } = sizes;
  const left = numbers(offset + rows * depth, 1);
  const right = numbers(offset + depth * columns, 2);
  const before = numbers(offset + rows * (columns + 2), 3);
  const place = (values: Float32Array<ArrayBuffer>, height: number, width: number, isTurned: boolean) => ({
    buffer: upload(values),
    offset,
    rows: apart(isTurned ? 1 : width),
    columns: apart(isTurned ? height : 1),
  });
  const result = { buffer: upload(before), offset, rows: apart(columns + 2) };
  const run = gpu.begin();
  multiply(run, {
    ...sizes,
    accumulate,
    left: place(left, rows, depth, turned.left),
    right: place(right, depth, columns, turned.right),
    result,
  });
  run.submit('a product');
  const expected = before.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = accumulate ? before[offset + row * (columns + 2) + column] : 0;
      for (let k = 0; k < depth; k++) {
        const a = left[offset + (turned.left ? k * rows + row : row * depth + k)];
        const b = right[offset + (turned.right ? column * depth + k : k * columns + column)];
        sum += a * b;
      }
      expected[offset + row * (columns + 2) + column] = sum;
    }
  }
  return { actual: await gpu.downloads.of({ buffer: result.buffer, length: before.length }), expected };
}

/** Where number `i` of a direction lies. */
const placeOf = ({ period, outer, inner }: Stride, i: number) =>
  Math.floor(i / period) * outer + (i % period) * inner;

/** A product of matrices whose rows and columns lie in turns, none as long as what a thread reads at a time. */
async function productInTurns({ rows, depth, columns }: Sizes, of: Mask['of'] | undefined) {
  const leftRows = { period: 4, outer: 1000, inner: 100 };
  const leftColumns = { period: 5, outer: 11, inner: 2 };
  const rightRows = { period: 7, outer: 200, inner: 25 };
  const resultRows = { period: 10, outer: 300, inner: 20 };
  const maskStride = { period: 9, outer: 13, inner: 1 };
  const left = numbers(offset + placeOf(leftRows, rows) + placeOf(leftColumns, depth), 1);
  const right = numbers(offset + placeOf(rightRows, depth) + 25, 2);
  const before = numbers(offset + placeOf(resultRows, rows) + 20, 3);
  const mask = Float32Array.from({ length: offset + 13 * (rows + depth) }, (_, i) => Number(i % 3 !== 1));
  const counts = (i: number) => mask[offset + placeOf(maskStride, i)] !== 0;
  const result = { buffer: upload(before), offset, rows: resultRows };
  const run = gpu.begin();
  multiply(run, {
    ...{ rows, depth, columns, result, accumulate: false },
    left: { buffer: upload(left), offset, rows: leftRows, columns: leftColumns },
    right: { buffer: upload(right), offset, rows: rightRows, columns: apart(1) },
    mask: of && { buffer: upload(mask), offset, stride: maskStride, of },
  });
  run.submit('a product');
  const expected = before.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        const a = left[offset + placeOf(leftRows, row) + placeOf(leftColumns, k)];
        const b = right[offset + placeOf(rightRows, k) + column];
        if (of !== 'depth' || counts(k)) sum += a * b;
      }
      const at = offset + placeOf(resultRows, row) + column;
      expected[at] = of === 'rows' && !counts(row) ? 0 : sum;
    }
  }
  return { actual: await gpu.downloads.of({ buffer: result.buffer, length: before.length }), expected };
}

describe.each(['default', 'adapter'] as const)(
  'matrix products with the limits and features of %s',
  (limits) => {
    beforeAll(async () => {
      device = await softwareDevice(limits);
      const memory = new BufferPool(device);
      gpu = new Gpu(device, { memory, results: memory });
    });
    afterAll(() => device.destroy());

    const shapes: Sizes[] = [
      { rows: 1, depth: 1, columns: 1 },
      { rows: 5, depth: 17, columns: 3 },
      { rows: 64, depth: 16, columns: 64 },
      { rows: 65, depth: 33, columns: 130 },
      { rows: 7, depth: 1030, columns: 9 },
    ];
    for (const shape of shapes) {
      for (const left of [false, true]) {
        for (const right of [false, true]) {
          const name = `${shape.rows} × ${shape.depth} × ${shape.columns}, turned over: ${left}, ${right}`;
          test(name, async () => {
            const { actual, expected } = await product(shape, { left, right }, left === right);
            expect(actual).toEqual(expected);
          });
        }
      }
    }

    test.each([
      ['all that there is', undefined],
      ['rows that count', 'rows'],
      ['depths that count', 'depth'],
    ] as const)('of rows and columns that lie in turns: %s', async (_, of) => {
      for (const sizes of [
        shapes[1],
        { rows: 37, depth: 45, columns: 18 },
        { rows: 3, depth: 530, columns: 9 },
      ]) {
        const { actual, expected } = await productInTurns(sizes, of);
        expect(actual).toEqual(expected);
      }
    });

    test('with more tiles below each other than a device has workgroups along a direction', async () => {
      const rows = 65_535 * tileOf(gpu.tiling).rows + 5;
      const { actual, expected } = await product(
        { rows, depth: 1, columns: 1 },
        { left: false, right: false },
        false,
      );
      // Comparing a number by itself takes many times as long.
      expect(Buffer.from(actual.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    });

    test('the deep one is cut', () => {
      expect(slicesOf(shapes[4], gpu.tiling)).toBeGreaterThan(1);
    });
  },
);
