import { describe, expect, test } from 'vitest';
import { median, quartiles, ratioOverRounds } from '../src/run/statistics.js';

describe('median', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });

  test('does not change the values', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test('of nothing is NaN', () => {
    expect(median([])).toBeNaN();
  });
});

describe('quartiles', () => {
  test('have a quarter of the values below and above', () => {
    expect(quartiles([5, 1, 4, 2, 3])).toEqual([2, 4]);
    expect(quartiles([1, 2, 3, 4])).toEqual([1.75, 3.25]);
    expect(quartiles([7])).toEqual([7, 7]);
    expect(quartiles([])).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('the ratio over rounds', () => {
  test('does not change when the machine becomes slower', () => {
    // From the third round on everything takes ten times as long.
    const first = [3, 3, 30, 30, 30];
    const second = [2, 2, 20, 20, 20];
    expect(ratioOverRounds(first, second)).toBe(1.5);
    // The second sat out early; the ratio of the two medians would be 15.
    expect(ratioOverRounds(first, [2, 2])).toBe(1.5);
    expect(ratioOverRounds([3, 3], second)).toBe(1.5);
  });

  test('does not change with one slow round', () => {
    expect(ratioOverRounds([3, 300, 3], [2, 2, 2])).toBe(1.5);
  });

  test('is NaN without a common round', () => {
    expect(ratioOverRounds([], [1])).toBeNaN();
  });
});
