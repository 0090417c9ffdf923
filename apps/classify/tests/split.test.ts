import { describe, expect, test } from 'vitest';
import { classesOf, fingerprint, withKnownLabels } from '../src/data/classes.js';
import { displayNames } from '../src/data/display-names.js';
import { rowProblems } from '../src/data/example.js';
import { stratifiedSplit } from '../src/data/split.js';
import { Generator } from '../src/random/generator.js';

const examples = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([label, count]) =>
    Array.from({ length: count }, (_, index) => ({ label, text: `${label}${index}`, line: index + 1 })),
  );
const countLabels = (part: { label: string }[]) => {
  const counts: Record<string, number> = {};
  for (const { label } of part) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
};

describe('stratifiedSplit', () => {
  test('holds back the same share of each class, and every example is in one of the two parts', () => {
    const all = examples({ a: 100, b: 40, c: 1 });
    const { held, kept } = stratifiedSplit(all, 0.1, new Generator(1));
    expect(countLabels(held)).toEqual({ a: 10, b: 4 });
    expect(countLabels(kept)).toEqual({ a: 90, b: 36, c: 1 });
    expect(new Set([...held, ...kept]).size).toBe(141);
  });

  test('the seed decides the examples', () => {
    const all = examples({ a: 50, b: 50 });
    const held = (seed: number) =>
      stratifiedSplit(all, 0.2, new Generator(seed)).held.map(({ text }) => text);
    expect(held(1)).toEqual(held(1));
    expect(held(1)).not.toEqual(held(2));
  });

  test('one example of a class stays for training', () => {
    expect(countLabels(stratifiedSplit(examples({ a: 2, b: 9 }), 0.9, new Generator(1)).kept)).toEqual({
      a: 1,
      b: 1,
    });
  });
});

describe('classesOf', () => {
  test('numbers are in numerical order, names in code-unit order', () => {
    expect(classesOf(examples({ '10': 2, '9': 2, '-1': 2 }), 'data')).toEqual(['-1', '9', '10']);
    expect(classesOf(examples({ b: 2, B: 2, __x: 2 }), 'data')).toEqual(['B', '__x', 'b']);
  });

  test('one class alone is an error with the lines', () => {
    expect(() => classesOf(examples({ a: 1 }), 'data.txt')).toThrow(
      'the only example has the one label "a".',
    );
    expect(() => classesOf(examples({ a: 5 }), 'data.txt')).toThrow(
      'data.txt, lines 1 to 5: all 5 examples have the one label "a".',
    );
  });

  test('a label for nearly every example is an error', () => {
    expect(() => classesOf(examples({ a: 1, b: 1, c: 1 }), 'data')).toThrow(
      /3 different labels in 3 examples/,
    );
  });
});

describe('withKnownLabels', () => {
  const test1 = examples({ a: 1, z: 2 });

  test('an unknown label is an error with its line', () => {
    expect(() => withKnownLabels(test1, ['a', 'b'], 'test.txt', rowProblems(false))).toThrow(
      'test.txt, line 1: the label "z" does not occur in the training data (a, b).',
    );
  });

  test('or is left out and counted', () => {
    const problems = rowProblems(true);
    expect(countLabels(withKnownLabels(test1, ['a', 'b'], 'test.txt', problems))).toEqual({ a: 1 });
    expect(problems.skipped).toBe(2);
  });

  test('no known label at all is an error', () => {
    expect(() => withKnownLabels(test1, ['q'], 'test.txt', rowProblems(true))).toThrow(
      /no example has a label/,
    );
  });
});

test('the fingerprint depends on labels, texts and their order', () => {
  const prints = [
    [{ label: 'a', text: 'b c' }],
    [{ label: 'a b', text: 'c' }],
    [
      { label: 'a', text: 'b' },
      { label: 'a', text: 'c' },
    ],
    [
      { label: 'a', text: 'c' },
      { label: 'a', text: 'b' },
    ],
  ].map(fingerprint);
  expect(new Set(prints).size).toBe(4);
});

describe('the embedded names', () => {
  const { train, test: held } = displayNames();

  test('have twelve languages with hundreds of names each, a sixth of them for testing', () => {
    const counts = countLabels(train);
    expect(Object.keys(counts).length).toBe(12);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(300);
    expect(held.length / (train.length + held.length)).toBeCloseTo(1 / 6, 2);
  });

  test('have no name twice', () => {
    const texts = [...train, ...held].map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('are names in these languages', () => {
    const all = [...train, ...held];
    expect(all).toContainEqual({ label: 'de', text: 'Frankreich' });
    expect(all).toContainEqual({ label: 'fi', text: 'Ranska' });
  });

  test('are the same every time', () => {
    const again = displayNames();
    expect(fingerprint(again.train)).toBe(fingerprint(train));
    expect(fingerprint(again.test)).toBe(fingerprint(held));
  });
});
