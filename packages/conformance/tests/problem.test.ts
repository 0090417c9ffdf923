import { type Cell, cells, defineCell, planFor, referenceForward } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { plainCase } from '../src/cases.js';
import { changeByRounding } from '../src/conditioning.js';
import { makeMask, type maskKinds } from '../src/masks.js';
import { isNearKink, makeProblem, referenceOf } from '../src/problem.js';
import { Random } from '../src/random.js';

describe('random numbers', () => {
  const numbers = new Random('a').numbers(10_000, 2);

  test('are the same for the same text, others for another text', () => {
    expect(new Random('a').numbers(10_000, 2)).toEqual(numbers);
    expect(new Random('b').numbers(10, 2)).not.toEqual(numbers.slice(0, 10));
  });

  test('are uniform in their interval', () => {
    const mean = numbers.reduce((sum, v) => sum + v, 0) / numbers.length;
    const variance = numbers.reduce((sum, v) => sum + v * v, 0) / numbers.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 4 / 3)).toBeLessThan(0.05);
    expect(Math.max(...numbers.map(Math.abs))).toBeLessThan(2);
  });

  test('of integers include both ends', () => {
    const random = new Random('integers');
    const drawn = new Set(Array.from({ length: 200 }, () => random.integer(2, 5)));
    expect([...drawn].sort()).toEqual([2, 3, 4, 5]);
  });
});

describe('masks', () => {
  const make = (kind: (typeof maskKinds)[number]) => makeMask(kind, new Random(kind), 4, 9);
  const rows = (kind: (typeof maskKinds)[number]) =>
    [0, 1, 2, 3].map((row) => [...make(kind)!.subarray(row * 9, row * 9 + 9)].join(''));

  test('match their descriptions', () => {
    expect(make('none')).toBeUndefined();
    for (const row of rows('right-padded')) expect(row).toMatch(/^1+0*$/);
    expect(rows('right-padded').join()).toContain('0');
    expect(rows('right-padded')[0]).toBe('111111111');
    expect(rows('holes').join()).toMatch(/10+1/);
    expect(rows('empty row')[3]).toBe('000000000');
    for (const row of rows('first padded')) expect(row).toMatch(/^0/);
    expect(rows('first padded').join()).toContain('1');
  });
});

describe('problems', () => {
  const shape = { batch: 1, timesteps: 1, inputSize: 1, units: 1 };
  const variant = { name: 'relu', cell: cells.indRnn() };

  test('are the same every time', () => {
    expect(makeProblem(plainCase(variant, shape))).toEqual(makeProblem(plainCase(variant, shape)));
  });

  test('stay away from kinks, except for values exactly at them', () => {
    const plan = planFor(variant.cell, shape);
    const problem = (x: number, bias: number) => ({
      plan,
      inputs: {
        batch: 1,
        timesteps: 1,
        x: Float32Array.of(x),
        parameters: [Float32Array.of(1), Float32Array.of(1), Float32Array.of(bias)],
      },
      cotangents: {},
    });
    expect(isNearKink(problem(0.5, -0.5 + 2 ** -20))).toBe(true);
    expect(isNearKink(problem(0.5, -0.5 - 2 ** -20))).toBe(true);
    expect(isNearKink(problem(0.5, -0.5))).toBe(false);
    expect(isNearKink(problem(0.5, 0.1))).toBe(false);
  });

  test('have smaller cotangents where the gradient divides by a small number', () => {
    const sizes = { batch: 2, timesteps: 1, inputSize: 3, units: 4 };
    const cotangentsOf = (cell: Cell, initialStates: 'all' | 'none') =>
      makeProblem({ ...plainCase({ name: 'gru', cell }, sizes), initialStates }).cotangents.sequence ?? [];
    const largest = (numbers: ArrayLike<number>) => Math.max(...Array.from(numbers, Math.abs));
    const normalized = cells.gru({ layerNorm: true });
    // The product of a zero state is a row of zeros, which is divided by √1e-5; that is 2⁻⁶ to 2⁻⁵ eighths.
    expect(largest(cotangentsOf(normalized, 'none'))).toBeLessThan(2 ** -6);
    expect(largest(cotangentsOf(normalized, 'none'))).toBeGreaterThan(2 ** -8);
    expect(largest(cotangentsOf(cells.gru(), 'none'))).toBeGreaterThan(0.25);
  });

  test('are measured by what rounding errors change', () => {
    const cell = defineCell({
      name: 'a difference, enlarged',
      states: ['h'],
      parameters: {},
      equations: ({ x, h }) => ({ h: h.mul(0.5), output: x.sub(0.5).mul(100) }),
    });
    const plan = planFor(cell, shape);
    const change = (x: number) => {
      const inputs = { batch: 1, timesteps: 1, parameters: [] };
      const expected = referenceForward(plan, { ...inputs, x: Float64Array.of(x) });
      return changeByRounding(plan, { ...inputs, x: Float32Array.of(x) }, expected);
    };
    expect(change(0.5) / (100 * 2 ** -24)).toBeCloseTo(1, 5);
    // Relative to the output, which is 50.
    expect(change(1) / (2 * 2 ** -23)).toBeCloseTo(1, 5);
  });

  test('are the best of some draws where equations enlarge rounding errors', () => {
    const variant = { name: 'layer normalisation', cell: cells.lstm({ layerNorm: true, useBias: false }) };
    const changes = [...'abcd'].map((name) => {
      const given = plainCase({ ...variant, name }, { batch: 3, timesteps: 64, inputSize: 9, units: 9 });
      const { plan, inputs } = makeProblem(given);
      return changeByRounding(plan, inputs, referenceOf({ plan, inputs, cotangents: {} }));
    });
    // The median of single draws is 5e-7, the largest of twelve 1.7e-6.
    expect(Math.max(...changes)).toBeLessThan(4e-7);
  });
});
