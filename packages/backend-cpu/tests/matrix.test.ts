import type { Matrix } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { multiply, prepare } from '../src/engine/matrix.js';

/** A matrix stored with its rows or its columns as neighbours, with something else around it. */
function matrix(
  rows: number,
  columns: number,
  order: 'rows' | 'columns',
  seed: number,
): Matrix<Float32Array> {
  const offset = 3;
  const [rowStride, columnStride] = order === 'rows' ? [columns + 2, 1] : [1, rows + 1];
  const memory = Float32Array.from({ length: offset + (rows + 1) * (columns + 3) }, (_, i) =>
    Math.sin(seed + i * 1.7),
  );
  return { memory, offset, rowStride, columnStride };
}

const at = ({ memory, offset, rowStride, columnStride }: Matrix<Float32Array>, i: number, j: number) =>
  memory[offset + i * rowStride + j * columnStride];

describe('multiply', () => {
  const sizes = [
    [1, 1, 1],
    [1, 130, 7],
    [2, 5, 4],
    [3, 4, 4],
    [7, 300, 5],
    [97, 13, 9],
    [100, 513, 6],
  ];
  for (const [rows, depth, columns] of sizes) {
    for (const order of ['rows', 'columns'] as const) {
      for (const altogether of [rows, 1000]) {
        test(`[${rows}, ${depth}] × [${depth}, ${columns}] by ${order}, used for ${altogether} rows`, () => {
          const left = matrix(rows, depth, order, 1);
          const right = matrix(depth, columns, order, 2);
          const result = matrix(rows, columns, order, 3);
          const before = result.memory.slice();
          const expected = (i: number, j: number) => {
            let sum = 0;
            for (let k = 0; k < depth; k++) sum += at(left, i, k) * at(right, k, j);
            return sum;
          };
          const prepared = prepare(right, altogether, depth, columns);
          for (const accumulate of [false, true]) {
            multiply(left, prepared, result, rows, accumulate);
            for (let i = 0; i < rows; i++) {
              for (let j = 0; j < columns; j++) {
                const times = accumulate ? 2 : 1;
                expect(Math.abs(at(result, i, j) - times * expected(i, j))).toBeLessThan(1e-5);
              }
            }
          }
          const inside = new Set<number>();
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              inside.add(result.offset + i * result.rowStride + j * result.columnStride);
            }
          }
          const outside = result.memory.filter((value, i) => !inside.has(i) && value !== before[i]);
          expect(outside.length, 'numbers written outside of the result').toBe(0);
        });
      }
    }
  }

  test('keeps NaN and infinity', () => {
    const left = { memory: Float32Array.of(1, Number.NaN, 2, 3), offset: 0, rowStride: 2, columnStride: 1 };
    const right = {
      memory: Float32Array.of(1, 1, 1, Number.POSITIVE_INFINITY),
      offset: 0,
      rowStride: 2,
      columnStride: 1,
    };
    for (const altogether of [1, 100]) {
      const result = { memory: new Float32Array(4), offset: 0, rowStride: 2, columnStride: 1 };
      multiply(left, prepare(right, altogether, 2, 2), result, 2, false);
      expect([...result.memory]).toEqual([Number.NaN, Number.NaN, 5, Number.POSITIVE_INFINITY]);
    }
  });
});
