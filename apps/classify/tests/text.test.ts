import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, test } from 'vitest';
import { EncodedTexts } from '../src/text/encoded-texts.js';
import { tokensOf, unknownIndex, Vocabulary } from '../src/text/vocabulary.js';

describe('tokensOf', () => {
  test('words are lower-cased; punctuation is kept, white space is not', () => {
    expect(tokensOf("It's a  FILM, isn't\tit?", 'word', 20)).toEqual([
      "it's",
      'a',
      'film',
      ',',
      "isn't",
      'it',
      '?',
    ]);
  });

  test('words without spaces between them are found too', () => {
    expect(tokensOf('我喜欢电影', 'word', 20).length).toBeGreaterThan(1);
  });

  test('characters are graphemes as written', () => {
    expect(tokensOf('Aé 👩‍🔬', 'character', 20)).toEqual(['A', 'é', ' ', '👩‍🔬']);
  });

  test('the two ways to write an accent are one token', () => {
    expect(tokensOf('caf\u0065\u0301', 'word', 5)).toEqual(['caf\u00e9']);
  });

  test('a long text is read up to the limit', () => {
    expect(tokensOf('a b c d', 'word', 3)).toEqual(['a', 'b', 'c']);
    expect(tokensOf('x'.repeat(5_000_000), 'character', 4)).toEqual(['x', 'x', 'x', 'x']);
    expect(tokensOf('y '.repeat(5_000_000), 'word', 2)).toEqual(['y', 'y']);
  });
});

describe('Vocabulary', () => {
  test('frequent tokens come first, equally frequent ones in order; the rest is unknown', () => {
    const vocabulary = Vocabulary.of(
      [
        ['b', 'a', 'c'],
        ['c', 'd'],
      ],
      5,
    );
    expect(vocabulary.tokens).toEqual(['c', 'a', 'b']);
    expect(['c', 'a', 'b', 'd', 'z'].map((token) => vocabulary.indexOf(token))).toEqual([2, 3, 4, 1, 1]);
    expect(vocabulary.size).toBe(5);
  });

  test('tokens that are names of object members', () => {
    const vocabulary = Vocabulary.of([['__proto__', 'constructor', '__proto__']], 10);
    expect(vocabulary.tokens).toEqual(['__proto__', 'constructor']);
    expect(vocabulary.indexOf('toString')).toBe(unknownIndex);
  });
});

describe('EncodedTexts', () => {
  const vocabulary = new Vocabulary(['a', 'b']);
  const texts = new EncodedTexts([['a', 'b', 'x'], ['b'], []], vocabulary);

  test('texts are padded at the end to the longest of the batch', async () => {
    const inputs = texts.inputs(Int32Array.of(1, 0));
    expect(inputs.dtype).toBe('int32');
    expect(await inputs.array()).toEqual([
      [3, 0, 0],
      [2, 3, 1],
    ]);
    inputs.dispose();
  });

  test('a batch of empty texts has one padded step', async () => {
    const inputs = texts.inputs(Int32Array.of(2));
    expect(await inputs.array()).toEqual([[0]]);
    inputs.dispose();
  });

  test('the longest text comes first', () => {
    expect([...texts.longestFirst([2, 1, 0])]).toEqual([0, 1, 2]);
    expect([...texts.longestFirst(Int32Array.of(1, 2))]).toEqual([1, 2]);
  });
});
