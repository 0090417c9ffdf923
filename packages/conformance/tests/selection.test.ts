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
import { commonVariants, randomVariants, slowVariants, variants } from '../src/cells/index.js';
import { listCases } from '../src/list-cases.js';
import {
  type CellShare,
  cellsInTurn,
  isInTier,
  selectRandom,
  selectVariants,
  type Tier,
  type Turn,
} from '../src/selection.js';
import { largeShapes, shapes } from '../src/shapes.js';
import { testBackend } from '../src/test-backend.js';

const all = [
  ...coveringCases,
  ...largeCases,
  ...emptyCases,
  ...lengthsCases,
  ...timeMajorCases,
  ...randomCases,
];
const quick = all.filter((given) => isInTier(given, 'quick'));
const isLarge = ({ shape }: Case) => largeShapes.includes(shape);
const cellsWith = (shape: Case['shape']) =>
  new Set(quick.filter((given) => given.shape === shape).map(({ variant }) => variant));

test('full has every case', () => {
  expect(all.filter((given) => isInTier(given, 'full'))).toEqual(all);
});

describe('quick', () => {
  test('has each shape on every eighth cell, and two or three shapes for each cell, one for a slow one', () => {
    const usual = variants.length - slowVariants.length;
    for (const shape of shapes) {
      expect(Math.abs(cellsWith(shape).size - usual / 8)).toBeLessThan(4);
    }
    for (const variant of variants) {
      const met = shapes.filter((shape) => cellsWith(shape).has(variant));
      expect(slowVariants.includes(variant) ? [1] : [2, 3]).toContain(met.length);
    }
  });

  test('has a large shape on every common cell, each on some', () => {
    expect(largeShapes.map((shape) => cellsWith(shape).size)).toEqual([3, 2]);
    expect(new Set(largeShapes.flatMap((shape) => [...cellsWith(shape)]))).toEqual(new Set(commonVariants));
  });

  test('has all other cases', () => {
    const rotating = new Set([...coveringCases, ...largeCases.filter(isLarge)]);
    expect(quick.filter((given) => !rotating.has(given))).toEqual(
      all.filter((given) => !rotating.has(given)),
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

test('a suite of small cases has every cell in the full tier, and in turns in the quick one', () => {
  const inTurn = (tier: Tier, turn: Turn) => cellsInTurn({ tier, cells: 'all' }, turn);
  expect(inTurn('full', 0)).toEqual(variants);
  const turns = ([0, 1, 2] as const).map((turn) => inTurn('quick', turn));
  const usual = variants.filter((variant) => !slowVariants.includes(variant));
  expect(new Set(turns.flat())).toEqual(new Set([...usual, ...slowVariants.filter((_, i) => i % 4 === 0)]));
  for (const cells of turns) {
    expect(cells.length).toBeLessThan(0.4 * variants.length);
    expect(cells).toEqual(expect.arrayContaining([...commonVariants]));
  }
});

const HALVES = ['first half', 'second half'] as const;
const QUARTERS = ['first quarter', 'second quarter', 'third quarter', 'fourth quarter'] as const;

test.each([[HALVES], [QUARTERS]])('shares of the cells are all cells, each once: %s', (shares) => {
  const selected = [...shares].map((share) => selectVariants(variants, share));
  const together = selected.flat();
  expect(together).toHaveLength(variants.length);
  expect(new Set(together)).toEqual(new Set(variants));
  const sizes = selected.map(({ length }) => length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  expect(selectVariants(variants, 'all')).toEqual(variants);
});

test.each([...HALVES, ...QUARTERS])('the %s of the cells meets every shape in the quick tier', (share) => {
  const selected = new Set(selectVariants(variants, share));
  const met = quick.filter(({ variant }) => selected.has(variant)).map(({ shape }) => shape);
  for (const shape of shapes) expect(met).toContain(shape);
});

test('shares have a suite without a choice of cells once', () => {
  for (const shares of [HALVES, QUARTERS]) {
    const cases = shares.flatMap((cells) => listCases({ tier: 'quick', cells, level: 'training' }));
    expect(cases.filter(({ suite }) => suite === 'limits')).toHaveLength(1);
  }
});

describe('cells with random equations', () => {
  const select = (tier: Tier, cells: CellShare = 'all', randomCells?: number) =>
    selectRandom({ tier, cells, randomCells });

  test('are 300 in the full tier and 100 in the quick one', () => {
    expect(select('full')).toEqual(randomVariants);
    expect(new Set(select('quick')).size).toBe(100);
  });

  test('of the two halves are all, each once', () => {
    for (const count of [undefined, 16, 7]) {
      const both = HALVES.flatMap((half) => select('quick', half, count));
      expect(new Set(both)).toEqual(new Set(select('quick', 'all', count)));
      expect(both).toHaveLength(count ?? 100);
    }
  });

  test('have every choice in the full tier, and every shape in the quick one', () => {
    const chosen = randomCases.filter(({ variant }) => select('quick').includes(variant));
    for (const [cases, choices] of [
      [
        randomCases,
        ['shape', 'mask', 'maskedOutput', 'reverse', 'initialStates', 'cotangents', 'recurrentDropout'],
      ],
      [chosen, ['shape', 'mask', 'cotangents']],
    ] as const) {
      for (const choice of choices) {
        const all = new Set(randomCases.map((given) => given[choice]));
        expect(new Set(cases.map((given) => given[choice]))).toEqual(all);
      }
    }
  });

  test.each([-1, 0.5, 301])('%d of them are refused', (randomCells) => {
    const backend = { name: 'any', create: () => undefined as never, randomCells };
    expect(() => testBackend(backend)).toThrow(
      `randomCells is ${randomCells}; expected a whole number from 0 to 300`,
    );
  });
});

test('an unknown share of the cells is refused', () => {
  const backend = { name: 'any', create: () => undefined as never, cells: 'most' as CellShare };
  expect(() => testBackend(backend)).toThrow(
    /cells is "most"; expected 'all', 'first half', .* or 'fourth quarter'/,
  );
});

test('an unknown tier is refused', () => {
  const backend = { name: 'any', create: () => undefined as never, tier: 'fast' as Tier };
  expect(() => testBackend(backend)).toThrow(/tier is "fast"; expected 'quick' or 'full'/);
});
