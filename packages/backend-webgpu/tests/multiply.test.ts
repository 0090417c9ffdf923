import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import { Gpu } from '../src/engine/gpu.js';
import {
  countSlices,
  evenStride,
  type Mask,
  recordProduct,
  type Stride,
} from '../src/engine/kernels/multiply.js';
import { tileSize } from '../src/engine/kernels/multiply-kernel.js';
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

/** The strides of both sides and of the result's rows. */
interface Layout {
  readonly left: { readonly rows: Stride; readonly columns: Stride };
  readonly right: { readonly rows: Stride; readonly columns: Stride };
  readonly result: Stride;
}

/** Matrices in row-major order, or transposed; a gap follows each row of the result. */
const plain = ({ rows, depth, columns }: Sizes, transposed: { left: boolean; right: boolean }): Layout => ({
  left: transposed.left
    ? { rows: evenStride(1), columns: evenStride(rows) }
    : { rows: evenStride(depth), columns: evenStride(1) },
  right: transposed.right
    ? { rows: evenStride(1), columns: evenStride(depth) }
    : { rows: evenStride(columns), columns: evenStride(1) },
  result: evenStride(columns + 2),
});

/** Rows and columns with periods, none as long as a thread's tile. */
const PERIODIC: Layout = {
  left: { rows: { period: 4, outer: 1000, inner: 100 }, columns: { period: 5, outer: 11, inner: 2 } },
  right: { rows: { period: 7, outer: 200, inner: 25 }, columns: evenStride(1) },
  result: { period: 10, outer: 300, inner: 20 },
};

/** Where number `i` of a direction lies. */
const placeOf = ({ period, outer, inner }: Stride, i: number) =>
  Math.floor(i / period) * outer + (i % period) * inner;

/** The product of two matrices inside larger buffers, with an optional mask, optionally added to the result. */
async function product(
  { rows, depth, columns }: Sizes,
  layout: Layout,
  { accumulate = false, masked }: { accumulate?: boolean; masked?: Mask['of'] | undefined } = {},
) {
  const sideOf = (
    { rows: down, columns: across }: Layout['left'],
    height: number,
    width: number,
    seed: number,
  ) => numbers(offset + placeOf(down, height) + placeOf(across, width), seed);
  const left = sideOf(layout.left, rows, depth, 1);
  const right = sideOf(layout.right, depth, columns, 2);
  const before = numbers(offset + placeOf(layout.result, rows) + columns, 3);
  const stride = { period: 9, outer: 13, inner: 1 };
  const mask = Float32Array.from({ length: offset + placeOf(stride, Math.max(rows, depth)) }, (_, i) =>
    Number(i % 3 !== 1),
  );
  const isActive = (i: number) => mask[offset + placeOf(stride, i)] !== 0;
  const result = { buffer: upload(before), offset, rows: layout.result };
  gpu.run('a product', (run) =>
    recordProduct(run, {
      ...{ rows, depth, columns, accumulate, result },
      left: { buffer: upload(left), offset, ...layout.left },
      right: { buffer: upload(right), offset, ...layout.right },
      mask: masked && { buffer: upload(mask), offset, stride, of: masked },
    }),
  );
  const expected = before.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = offset + placeOf(layout.result, row) + column;
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        const a = left[offset + placeOf(layout.left.rows, row) + placeOf(layout.left.columns, k)];
        const b = right[offset + placeOf(layout.right.rows, k) + placeOf(layout.right.columns, column)];
        if (masked !== 'depth' || isActive(k)) sum += a * b;
      }
      const value = masked === 'rows' && !isActive(row) ? 0 : sum;
      expected[at] = accumulate ? before[at] + value : value;
    }
  }
  return { actual: await gpu.downloads.read({ buffer: result.buffer, length: before.length }), expected };
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
          const name = `${shape.rows} × ${shape.depth} × ${shape.columns}, transposed: ${left}, ${right}`;
          test(name, async () => {
            const { actual, expected } = await product(shape, plain(shape, { left, right }), {
              accumulate: left === right,
            });
            expect(actual).toEqual(expected);
          });
        }
      }
    }

    test.each([
      ['no mask', undefined],
      ['a mask over rows', 'rows'],
      ['a mask over the depth', 'depth'],
    ] as const)('with periodic rows and columns: %s', async (_, of) => {
      for (const sizes of [
        shapes[1],
        { rows: 37, depth: 45, columns: 18 },
        { rows: 3, depth: 530, columns: 9 },
      ]) {
        const { actual, expected } = await product(sizes, PERIODIC, { masked: of });
        expect(actual).toEqual(expected);
      }
    });

    // Half a million rows and more take seconds: in the full tier.
    test.runIf(testTier() === 'full')(
      'with more rows of tiles than a device has workgroups along a dimension',
      async () => {
        const rows = 65_535 * tileSize(gpu.tiling).rows + 5;
        const sizes = { rows, depth: 1, columns: 1 };
        const { actual, expected } = await product(sizes, plain(sizes, { left: false, right: false }));
        // Comparing number by number takes many times as long.
        expect(Buffer.from(actual.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      },
    );

    test('splits a deep product along its depth', () => {
      expect(countSlices(shapes[4], gpu.tiling)).toBeGreaterThan(1);
    });
  },
);
