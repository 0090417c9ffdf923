import { describe, expect, test } from 'vitest';
import { equal, expectAgreement, identical, within, withinOrNotFinite } from '../src/compare.js';
import { tolerances, tolerancesFor } from '../src/tolerances.js';

describe('agreement', () => {
  test('is relative above 1 and absolute below', () => {
    expect(within(1e-3)(1000.9, 1000)).toBe(true);
    expect(within(1e-3)(1001.1, 1000)).toBe(false);
    expect(within(1e-3)(0.0009, 0)).toBe(true);
    expect(within(1e-3)(0.0011, 0)).toBe(false);
    expect(within(1e-3)(-1000.9, -1000)).toBe(true);
  });

  test('lets NaN and infinities agree with themselves alone', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(within(1)(value, value)).toBe(true);
      for (const other of [Number.NaN, Infinity, -Infinity, 0, 1e300]) {
        if (!Object.is(value, other)) expect(within(1)(value, other), `${value} for ${other}`).toBe(false);
      }
    }
  });

  test('may take anything that is not finite for anything that is not', () => {
    const agree = withinOrNotFinite(1e-3);
    expect(agree(Number.NaN, Infinity)).toBe(true);
    expect(agree(-Infinity, Number.NaN)).toBe(true);
    expect(agree(0, Number.NaN)).toBe(false);
    expect(agree(Number.NaN, 0)).toBe(false);
    expect(agree(1.1, 1)).toBe(false);
  });

  test('to the bit tells zeros apart, equality does not', () => {
    expect(identical(0, -0)).toBe(false);
    expect(equal(0, -0)).toBe(true);
    expect(equal(Number.NaN, Number.NaN)).toBe(true);
    expect(equal(1, 1 + 1e-15)).toBe(false);
  });
});

describe('expectAgreement', () => {
  test('names the array, counts, and shows the worst number', () => {
    const compare = () => expectAgreement({ h: [1, 2.5, 3.1] }, { h: [1, 2, 3] }, within(1e-6));
    expect(compare).toThrow(
      'h: 2 of 3 numbers are wrong; the worst is at 1: 2.5 where 2 is expected (error 2.5e-1)',
    );
  });

  test('takes a NaN for the worst', () => {
    const compare = () => expectAgreement({ h: [9, Number.NaN] }, { h: [1, 2] }, within(1));
    expect(compare).toThrow('the worst is at 1: NaN');
  });

  test('refuses other lengths and other names', () => {
    expect(() => expectAgreement({ h: [1] }, { h: [1, 2] }, identical)).toThrow(
      'expected 2 numbers, but got 1',
    );
    expect(() => expectAgreement({ c: [1] }, { h: [1] }, identical)).toThrow('expected h, but got c');
    expect(() => expectAgreement({}, { h: [1] }, identical)).toThrow('expected h');
  });
});

describe('tolerances', () => {
  test('hold as stated up to 64 steps and grow with the root of the length', () => {
    expect(tolerancesFor(tolerances.cpu, 1)).toEqual(tolerances.cpu);
    expect(tolerancesFor(tolerances.cpu, 64)).toEqual(tolerances.cpu);
    expect(tolerancesFor(tolerances.cpu, 256)).toEqual({ forward: 4e-6, gradient: 4e-5 });
  });
});
