import { describe, expect, test } from 'vitest';
import { deriveSeed, Generator } from '../src/random/generator.js';

describe('Generator', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 5 },
        (
          (generator) => () =>
            generator.bits()
        )(new Generator(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7)).not.toEqual(draw(7 + 2 ** 32));
  });

  test('a permutation has every number once, and all places are equally likely', () => {
    const generator = new Generator(1);
    const rounds = 6000;
    const firsts = new Array<number>(6).fill(0);
    for (let round = 0; round < rounds; round++) {
      const order = generator.permutation(6);
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5]);
      firsts[order[0]]++;
    }
    // Each count is binomial with mean 1000 and deviation 29: five deviations.
    for (const count of firsts) expect(Math.abs(count - rounds / 6)).toBeLessThan(145);
  });

  test('numbers below a bound are below it and cover it', () => {
    const generator = new Generator(3);
    const seen = new Set(Array.from({ length: 200 }, () => generator.below(5)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('deriveSeed', () => {
  test('purposes that differ in one number have different seeds, never 0', () => {
    const seeds = new Set<number>();
    for (let epoch = 0; epoch < 30; epoch++) {
      for (let batch = 0; batch < 100; batch++) seeds.add(deriveSeed(1, 3, epoch, batch, 0));
    }
    expect(seeds.size).toBe(3000);
    expect(Math.min(...seeds)).toBeGreaterThan(0);
    expect(Math.max(...seeds)).toBeLessThan(2 ** 31);
  });

  test('the order of the numbers matters', () => {
    expect(deriveSeed(1, 2, 3)).not.toBe(deriveSeed(1, 3, 2));
  });
});
