import { describe, expect, test } from 'vitest';
import {
  type Case,
  coveringCases,
  emptyCases,
  largeCases,
  lengthsCases,
  randomCases,
  timeMajorCases,
} from '../src/cases.js';
import { commonVariants, variants } from '../src/cells/index.js';
import { dearShapes, largeShapes, shapes } from '../src/shapes.js';
import { testBackend } from '../src/test-backend.js';
import { type CellShare, isInTier, selectVariants, type Tier } from '../src/tier.js';

const all = [
  ...coveringCases,
  ...largeCases,
  ...emptyCases,
  ...lengthsCases,
  ...timeMajorCases,
  ...randomCases,
];
const quick = all.filter((given) => isInTier(given, 'quick'));
const cellsWith = (shape: Case['shape']) =>
  new Set(quick.filter((given) => given.shape === shape).map(({ variant }) => variant));

test('full has every case', () => {
  expect(all.filter((given) => isInTier(given, 'full'))).toEqual(all);
});

describe('quick', () => {
  test('has a dear shape on every eighth cell, so that every cell has one', () => {
    expect(dearShapes.length).toBe(8);
    for (const shape of dearShapes) {
      const share = cellsWith(shape).size / variants.length;
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.15);
    }
    expect(new Set(dearShapes.flatMap((shape) => [...cellsWith(shape)])).size).toBe(variants.length);
  });

  test('has a large shape on every common cell, each on some', () => {
    expect(largeShapes.map((shape) => cellsWith(shape).size)).toEqual([3, 2]);
    expect(new Set(largeShapes.flatMap((shape) => [...cellsWith(shape)]))).toEqual(new Set(commonVariants));
  });

  test('has all other cases', () => {
    const rotated = new Set([...dearShapes, ...largeShapes]);
    expect(quick.filter(({ shape }) => !rotated.has(shape))).toEqual(
      all.filter(({ shape }) => !rotated.has(shape)),
    );
  });

  test.each(['mask', 'maskedOutput', 'reverse', 'initialStates', 'cotangents', 'recurrentDropout'] as const)(
    'has every shape with every setting of %s',
    (choice) => {
      const settings = new Set(coveringCases.map((given) => given[choice]));
      for (const shape of shapes) {
        const met = quick.filter((given) => given.shape === shape).map((given) => given[choice]);
        expect(new Set(met)).toEqual(settings);
      }
    },
  );
});

test('the two halves of the cells are all cells, each once', () => {
  const halves = (['first half', 'second half'] as const).map((share) => selectVariants(variants, share));
  const both = halves.flat();
  expect(both).toHaveLength(variants.length);
  expect(new Set(both)).toEqual(new Set(variants));
  expect(Math.abs(halves[0].length - halves[1].length)).toBeLessThanOrEqual(1);
  expect(selectVariants(variants, 'all')).toEqual(variants);
});

test.each(['first half', 'second half'] as const)(
  'the %s of the cells meets every shape in the quick tier',
  (share) => {
    const half = new Set(selectVariants(variants, share));
    const met = quick.filter(({ variant }) => half.has(variant)).map(({ shape }) => shape);
    for (const shape of shapes) expect(met).toContain(shape);
  },
);

test('an unknown share of the cells is refused', () => {
  const backend = { name: 'any', create: () => undefined as never, cells: 'most' as CellShare };
  expect(() => testBackend(backend)).toThrow(
    /cells is "most"; expected 'all', 'first half' or 'second half'/,
  );
});

test('a tier that there is not is refused', () => {
  const backend = { name: 'any', create: () => undefined as never, tier: 'fast' as Tier };
  expect(() => testBackend(backend)).toThrow(/tier is "fast"; expected 'quick' or 'full'/);
});
