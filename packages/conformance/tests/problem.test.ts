import { cells, planFor } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { plainCase } from '../src/cases.js';
import { makeMask, type maskKinds } from '../src/masks.js';
import { isNearKink, makeProblem } from '../src/problem.js';
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
});
