import { describe, expect, test } from 'vitest';
import {
  type Frame,
  frameOf,
  type LoopStage,
  type Reference,
  type RowsProduct,
} from '../src/backend/index.js';
import { cells, planFor } from '../src/index.js';
import {
  largestWhole,
  quantizedRowLength,
  quantizedRows,
  quantizeMatrix,
} from '../src/loop/quantized-rows.js';
import { bidirectional, conv1d, network, recurrent, reshape } from '../src/network/index.js';

const EMPTY = { loads: [], constants: [], operations: [] };

/**
 * Runs through a frame, and counts how often each number was overwritten.
 * @returns the rows that are rounded, each with these counts.
 */
function roundedRows(frame: Frame): string[] {
  const { rows, length } = quantizedRows(frame);
  const versions = new Int32Array(frame.length);
  const held: string[] = new Array(length).fill('');
  const rounded: string[] = [];
  const overwrite = (reference: Reference) => {
    const start = frame.startOf(reference) as number;
    for (let at = start; at < start + reference.width; at++) versions[at]++;
  };
  for (const { products, program } of [...frame.loop.before, ...frame.loop.body, ...frame.loop.after]) {
    for (const product of products) {
      if (product.kind === 'weights') continue;
      const row = rows.get(product);
      if (product.kind === 'rows' && row !== undefined) {
        const depth = product.weights.rows;
        const first = frame.startOf(product.left) as number;
        const content = `${first}: ${versions.subarray(first, first + depth)}`;
        const [start, end] = [row.start, row.start + quantizedRowLength(depth)];
        expect(end).toBeLessThanOrEqual(length);
        if (row.first) {
          rounded.push(content);
          held.fill(content, start, end);
        }
        expect(new Set(held.slice(start, end))).toEqual(new Set([content]));
      }
      expect(row !== undefined).toBe(product.kind === 'rows');
      overwrite(product.result);
    }
    for (const { slot } of program.stores) overwrite(slot);
  }
  return rounded;
}

const both = network({
  name: 'both',
  inputSize: 12,
  build: (x, use) => use('gru', bidirectional({ cell: cells.gru(), units: 3 }), use('shape', reshape(4), x)),
});

describe('rows are rounded once, and not read after they are overwritten', () => {
  const plans = Object.entries({
    gru: planFor(cells.gru({ resetAfter: false }), { inputSize: 5, units: 7 }),
    lstm: planFor(cells.lstm(), { inputSize: 5, units: 5 }),
    attentionGru: planFor(cells.attentionGru(), { inputSize: 5, units: 6 }),
    both: planFor(both, both.sizes),
    windows: (() => {
      const net = network({
        name: 'windows',
        inputSize: 40,
        build: (x, use) =>
          use(
            'gru',
            recurrent({ cell: cells.gru(), units: 3 }),
            use('conv', conv1d({ filters: 4, kernelSize: 8 }), use('shape', reshape(40), x)),
          ),
      });
      return planFor(net, net.sizes);
    })(),
  });

  test.each(plans)('%s', (_, plan) => {
    const rounded = roundedRows(frameOf(plan));
    expect(rounded.length).toBeGreaterThan(1);
    expect(new Set(rounded).size).toBe(rounded.length);
  });

  test('both directions share the rows of the input, and later rows use places again', () => {
    const frame = frameOf(planFor(both, both.sizes));
    // 4 positions of the input, and in each direction the states behind 3 of them: the first state is zero.
    expect(roundedRows(frame).length).toBe(4 + 2 * 3);
    expect(quantizedRows(frame).length).toBeLessThan(10 * quantizedRowLength(3));
  });
});

test.each(['a product', 'a program'] as const)('a row that %s overwrites is rounded again', (what) => {
  const row = (buffer: number): Reference => ({ buffer, at: 'step', column: 0, width: 20 });
  const weights = { buffer: 9, firstRow: 0, firstColumn: 0, rows: 20, columns: 20, stride: 20 };
  const product = (left: number, result: number): RowsProduct => ({
    ...{ kind: 'rows', left: row(left), weights, result: row(result) },
    ...{ transposed: false, accumulate: false },
  });
  const reads = [product(0, 2), product(0, 2), product(1, 2), product(0, 2), product(1, 2)];
  const writes: LoopStage<RowsProduct> =
    what === 'a product'
      ? { products: [product(2, 0)], width: 0, program: { ...EMPTY, stores: [] } }
      : { products: [], width: 20, program: { ...EMPTY, stores: [{ value: 0, slot: row(0) }] } };
  const readsAlone: LoopStage<RowsProduct> = {
    ...writes,
    products: reads,
    program: { ...EMPTY, stores: [] },
  };
  const again: LoopStage<RowsProduct> = { ...readsAlone, products: [product(1, 2), product(0, 2)] };
  const body = [readsAlone, writes, again];
  const { rows } = quantizedRows({
    ...frameOf(planFor(cells.gru(), { inputSize: 1, units: 1 })),
    loop: { name: 'test', direction: 1, buffers: [], carried: [], before: [], body, after: [] },
    startOf: ({ buffer, column }) => buffer * 32 + column,
  });
  const first = (products: readonly RowsProduct[]) => products.map((each) => rows.get(each)?.first);
  expect(first(reads)).toEqual([true, false, true, false, false]);
  expect(first(again.products)).toEqual([false, true]);
  expect(rows.get(again.products[0])?.start).toBe(rows.get(reads[2])?.start);
});

describe('a matrix in 8 bits', () => {
  const part = { buffer: 0, firstRow: 1, rows: 2, firstColumn: 1, columns: 3, stride: 4 };
  const values = [9, 9, 9, 9, 9, 0.5, -254, 0, 9, -1, 63, 0];

  test('has a scale for each column of the part', () => {
    const { whole, scales } = quantizeMatrix(values, part);
    expect(Array.from(scales)).toEqual([1 / 127, 2, 0].map(Math.fround));
    expect(Array.from(whole)).toEqual([64, -127, 0, -127, 32, 0]);
  });

  test('sums of the largest whole numbers fit into 32 bits', () => {
    for (const depth of [1, 31, 32, 8000, 8192, 20_000, 1_000_000]) {
      expect(largestWhole(depth) * 127 * depth).toBeLessThan(2 ** 31);
      expect(largestWhole(depth) * 127 * Math.min(depth, 32)).toBeLessThan(2 ** 23);
      expect(largestWhole(depth)).toBeGreaterThan(0);
    }
  });
});
