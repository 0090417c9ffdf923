import { describe, expect, test } from 'vitest';
import { caseText, coveringCases, largeCases, randomCases } from '../src/cases.js';
import { variants } from '../src/cells/index.js';
import { pairwise } from '../src/covering.js';
import { shapes } from '../src/shapes.js';

describe('pairwise', () => {
  const factors = { a: [1, 2, 3], b: ['x', 'y'], c: [true, false], d: [0, 1, 2, 3] };
  const rows = pairwise(factors);

  test('brings any two levels together', () => {
    const names = Object.keys(factors) as (keyof typeof factors)[];
    for (const f of names) {
      for (const g of names.slice(names.indexOf(f) + 1)) {
        for (const level of factors[f]) {
          for (const other of factors[g]) {
            expect(rows.some((row) => row[f] === level && row[g] === other)).toBe(true);
          }
        }
      }
    }
  });

  test('needs hardly more rows than the two largest factors have pairs', () => {
    expect(rows.length).toBeLessThanOrEqual(3 * 4 + 3);
  });

  test('gives the same rows every time', () => {
    expect(pairwise(factors)).toEqual(rows);
  });
});

describe('the cases', () => {
  const all = [...coveringCases, ...largeCases, ...randomCases];

  test('have every cell in every shape', () => {
    for (const variant of variants) {
      const met = new Set(coveringCases.filter((c) => c.variant === variant).map((c) => c.shape));
      expect(met.size, variant.name).toBe(shapes.length);
    }
  });

  test('have every cell with every mask, direction, kind of padded output and dropout', () => {
    for (const variant of variants) {
      const own = coveringCases.filter((c) => c.variant === variant);
      const met = new Set(
        own.flatMap((c) => [c.mask, c.maskedOutput, `reverse ${c.reverse}`, `dropout ${c.recurrentDropout}`]),
      );
      expect(met.size, variant.name).toBe(5 + 2 + 2 + 2);
    }
  });

  test('have every mask in both directions with both kinds of padded output', () => {
    const met = new Set(coveringCases.map((c) => `${c.mask} ${c.reverse} ${c.maskedOutput}`));
    expect(met.size).toBe(5 * 2 * 2);
  });

  test('have names of their own', () => {
    const names = all.map((given) => `${given.variant.name}: ${caseText(given)}`);
    expect(new Set(names).size).toBe(names.length);
    const cellNames = variants.map(({ name }) => name);
    expect(new Set(cellNames).size).toBe(cellNames.length);
  });
});
