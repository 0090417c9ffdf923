import type { Matrix } from '@sluice/core/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Floats } from '../../src/engine/heap.js';
import { kernelsOnMemory, variants } from './kernels-on-memory.js';

let device: Awaited<ReturnType<typeof kernelsOnMemory>>;
/** Small whole numbers: their sums are exact, so results must be equal. */
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => ((i * 7 + seed * 3 + (i >> 3)) % 11) - 5);

interface Form {
  transposedLeft: boolean;
  transposedRight: boolean;
  transposedResult: boolean;
}

/** Multiplies on the device and number by number, with the matrices stored plain or transposed. */
function multiplyBoth(
  [rows, depth, columns]: readonly [number, number, number],
  { transposedLeft, transposedRight, transposedResult }: Form,
  poison?: (left: Float32Array, right: Float32Array) => void,
) {
  const { kernels, put } = device;
  const strided = (memory: Floats, height: number, width: number, transposed: boolean): Matrix<Floats> => ({
    memory,
    offset: 3,
    rowStride: transposed ? 1 : width,
    columnStride: transposed ? height : 1,
  });
  const [a, b, c] = [rows * depth, depth * columns, rows * columns].map((n, i) => numbers(n + 3, i + rows));
  poison?.(a, b);
  const memories = [put(a), put(b), put(c), put(c)];
  const left = strided(memories[0], rows, depth, transposedLeft);
  const rightSource = strided(memories[1], depth, columns, transposedRight);
  const results = [memories[2], memories[3]].map((memory) =>
    strided(memory, rows, columns, transposedResult),
  );
  const right = kernels.prepare(rightSource, rows, depth, columns);
  kernels.multiply(left, right, results[0], rows, false);
  kernels.multiply(left, right, results[1], rows, true);
  kernels.releaseRight(right);
  const at = (values: Float32Array, m: Matrix<Floats>, i: number, j: number) =>
    values[m.offset + i * m.rowStride + j * m.columnStride];
  const plain: number[] = [];
  const added: number[] = [];
  const expected: number[] = [];
  const expectedSum: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += at(a, left, i, k) * at(b, rightSource, k, j);
      expected.push(sum);
      expectedSum.push(at(c, results[1], i, j) + sum);
      plain.push(at(kernels.view(memories[2]), results[0], i, j));
      added.push(at(kernels.view(memories[3]), results[1], i, j));
    }
  }
  const untouched = [...kernels.view(memories[2]).slice(0, 3), ...c.slice(0, 3)];
  for (const memory of memories) kernels.release(memory);
  return { plain, added, expected, expectedSum, untouched };
}

const SHAPES = [
  [1, 1, 1],
  [1, 5, 33],
  [2, 3, 16],
  [3, 7, 17],
  [7, 4, 39],
  [8, 13, 31],
  [9, 209, 15],
  [64, 128, 48],
  [129, 208, 16],
  [131, 417, 50],
] as const;

describe.each(variants)('$arithmetic', ({ relaxedSimd }) => {
  beforeAll(async () => {
    device = await kernelsOnMemory(relaxedSimd);
  });

  describe.each(SHAPES)('%i × %i times … × %i', (...shape) => {
    for (const transposedLeft of [false, true]) {
      for (const transposedRight of [false, true]) {
        for (const transposedResult of [false, true]) {
          const form = { transposedLeft, transposedRight, transposedResult };
          test(JSON.stringify(form), () => {
            const { plain, added, expected, expectedSum, untouched } = multiplyBoth(shape, form);
            expect(plain).toEqual(expected);
            expect(added).toEqual(expectedSum);
            expect(untouched.slice(0, 3)).toEqual(untouched.slice(3));
          });
        }
      }
    }
  });

  describe('a NaN or an infinity', () => {
    const form = { transposedLeft: false, transposedRight: false, transposedResult: false };
    test.each([
      [3, 5, 18],
      [9, 210, 18],
    ] as const)('reaches its row or its column only, %i × %i × %i', (...shape) => {
      const { plain, expected } = multiplyBoth(shape, form, (left, right) => {
        left[3 + shape[1]] = Number.NaN;
        right[3 + 17] = Number.POSITIVE_INFINITY;
      });
      expect(plain).toEqual(expected);
      expect(plain.slice(shape[2], 2 * shape[2]).every(Number.isNaN)).toBe(true);
      expect(plain.slice(0, 17).every(Number.isFinite)).toBe(true);
    });
  });
});
