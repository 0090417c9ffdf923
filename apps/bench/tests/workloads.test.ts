import { describe, expect, test } from 'vitest';
import { classifierProblem } from '../src/workloads/classifier.js';
import { flopsOf } from '../src/workloads/flops.js';
import { checkedCotangent, checkedPart, layerPlan, layerProblem, leading } from '../src/workloads/layer.js';
import { RandomNumbers } from '../src/workloads/random.js';
import { formOf, type Shape, seriesOf, tasksOf, titleOf, type Workload } from '../src/workloads/workload.js';

describe('series', () => {
  test('are the four shapes for layers and the classifier’s own for training, each with all cells', () => {
    const series = seriesOf({ workloads: ['forward', 'train'], cells: ['gru', 'sru'] });
    expect(series.map(({ workload, shape }) => [workload, ...shape])).toEqual([
      ['forward', 1, 50, 128, 128],
      ['forward', 64, 50, 128, 128],
      ['forward', 1, 1000, 512, 512],
      ['forward', 32, 100, 512, 512],
      ['train', 64, 50, 128, 128],
    ]);
    expect(series.every(({ cells }) => cells.join() === 'gru,sru')).toBe(true);
  });

  test('take given shapes instead of the defaults', () => {
    const shapes: Shape[] = [[2, 3, 4, 5]];
    const series = seriesOf({ workloads: ['gradient', 'train'], cells: ['lstm'], shapes });
    expect(series).toEqual([
      { workload: 'gradient', shape: [2, 3, 4, 5], cells: ['lstm'] },
      { workload: 'train', shape: [2, 3, 4, 5], cells: ['lstm'] },
    ]);
  });

  test('of steps take one timestep of the shapes, each once', () => {
    const shapesOf = (shapes?: Shape[]) =>
      seriesOf({ workloads: ['step'], cells: ['gru'], shapes }).map(({ shape }) => shape);
    expect(shapesOf()).toEqual([[1, 1, 128, 128]]);
    expect(
      shapesOf([
        [2, 50, 3, 4],
        [2, 60, 3, 4],
        [3, 1, 3, 4],
      ]),
    ).toEqual([
      [2, 1, 3, 4],
      [3, 1, 3, 4],
    ]);
  });

  test('have a task for each cell, in the given order', () => {
    const series = { workload: 'forward', shape: [2, 3, 4, 5], cells: ['sru', 'gru'] } as const;
    expect(tasksOf(series)).toEqual([
      { workload: 'forward', shape: [2, 3, 4, 5], cell: 'sru' },
      { workload: 'forward', shape: [2, 3, 4, 5], cell: 'gru' },
    ]);
    expect(titleOf(series)).toBe('forward sru, gru (2, 3, 4, 5)');
    expect(titleOf(tasksOf(series)[1])).toBe('forward gru (2, 3, 4, 5)');
  });
});

describe('the operations of a call', () => {
  const flops = (workload: Workload, shape: Shape, cell: string) =>
    flopsOf({ workload, shape, cell }, formOf(cell));

  test('are those of the products with every weight matrix', () => {
    // A GRU has three gates of the input and of the state, an SRU three of the input alone, and a plain RNN one of both.
    expect(flops('step', [1, 1, 128, 128], 'gru')).toBe(2 * 3 * 128 * (128 + 128));
    expect(flops('step', [1, 1, 128, 128], 'sru')).toBe(2 * 3 * 128 * 128);
    expect(flops('forward', [6, 7, 3, 5], 'simpleRnn')).toBe(6 * 7 * 2 * 5 * (3 + 5));
    expect(flops('forward', [6, 7, 3, 5], 'indRnn')).toBe(6 * 7 * 2 * 5 * 3);
  });

  test('are three times as many with a gradient, for both factors of each product', () => {
    expect(flops('gradient', [6, 7, 3, 5], 'lstm')).toBe(3 * flops('forward', [6, 7, 3, 5], 'lstm'));
  });

  test('of training are those of both layers and of the dense unit on their last outputs', () => {
    const both = flops('gradient', [6, 7, 3, 5], 'gru') + flops('gradient', [6, 7, 5, 5], 'gru');
    expect(flops('train', [6, 7, 3, 5], 'gru')).toBe(both + 3 * 2 * 6 * 5);
  });
});

describe('random numbers', () => {
  test('are the same for the same seed, and spread over the whole range', () => {
    const values = new RandomNumbers(7).fill(10_000, 2);
    expect(new RandomNumbers(7).fill(10_000, 2)).toEqual(values);
    expect(new RandomNumbers(8).fill(10_000, 2)).not.toEqual(values);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    // The variance of a uniform distribution over ±2.
    expect(Math.abs(square - 4 / 3)).toBeLessThan(0.05);
    expect(Math.max(...values)).toBeLessThan(2);
  });
});

describe('the checked part of a layer', () => {
  test('is the whole batch if that is cheap', () => {
    const shape: Shape = [4, 6, 3, 5];
    expect(checkedPart(layerPlan(formOf('gru'), shape), 'gradient', shape)).toEqual({ rows: 4, steps: 6 });
  });

  test('is whole rows, or the leading steps of one row if a row is too expensive', () => {
    const batch: Shape = [512, 50, 128, 128];
    const part = checkedPart(layerPlan(formOf('gru'), batch), 'forward', batch);
    expect(part.steps).toBe(50);
    expect(part.rows).toBeGreaterThan(8);
    expect(part.rows).toBeLessThan(512);
    const long: Shape = [1, 1000, 512, 512];
    const leadingPart = checkedPart(layerPlan(formOf('gru'), long), 'gradient', long);
    expect(leadingPart.rows).toBe(1);
    expect(leadingPart.steps).toBeGreaterThan(40);
    expect(leadingPart.steps).toBeLessThan(1000);
  });

  test('has every cotangent that is not zero', () => {
    const shape: Shape = [3, 4, 2, 5];
    const problem = layerProblem(formOf('simpleRnn'), shape);
    const part = { rows: 2, steps: 3 };
    const cotangent = checkedCotangent(problem, part, shape);
    const within = leading(cotangent, part, 4, 5);
    const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0);
    expect(within.length).toBe(2 * 3 * 5);
    expect(within.every((value) => value !== 0)).toBe(true);
    expect(squares(cotangent)).toBe(squares(within));
    expect(cotangent.filter((value) => value !== 0).length).toBe(within.length);
  });
});

describe('leading', () => {
  test('cuts rows and steps off', () => {
    // [3 rows, 2 steps, 2 features]
    const values = Float32Array.from({ length: 12 }, (_, i) => i);
    expect([...leading(values, { rows: 2, steps: 1 }, 2, 2)]).toEqual([0, 1, 4, 5]);
  });
});

describe('the classifier', () => {
  test('is checked on a batch of the same shape with few different sequences', () => {
    const { batch, checkBatch, distinct, weights } = classifierProblem(formOf('gru'), [6, 3, 4, 5]);
    expect(distinct).toBe(4);
    expect(checkBatch.tokens.length).toBe(batch.tokens.length);
    expect(checkBatch.tokens.subarray(0, 12)).toEqual(batch.tokens.subarray(0, 12));
    expect(checkBatch.tokens.subarray(12)).toEqual(batch.tokens.subarray(0, 6));
    expect([...checkBatch.labels]).toEqual([0, 1, 2, 3, 0, 1].map((row) => batch.labels[row]));
    expect(weights.map(({ shape }) => shape)).toEqual([
      [10_000, 4],
      [4, 15],
      [5, 15],
      [2, 15],
      [5, 15],
      [5, 15],
      [2, 15],
      [5, 1],
      [1],
    ]);
  });
});
