import { describe, expect, test } from 'vitest';
import { decodeFloat16, decodeValues, encodeFloat16 } from '../src/data/tensor.js';

describe('numbers of 16 bits', () => {
  test('every one of the 65,536 is decoded and encoded again', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeFloat16(bits);
      if (Number.isNaN(value)) continue;
      expect(encodeFloat16(value)).toBe(bits);
    }
  });

  test.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x3555, 0.333251953125],
  ])('0x%s is %d', (bits, value) => {
    expect(decodeFloat16(bits)).toBe(value);
  });

  test.each([
    ['to the nearest', 1 + 2 ** -12, 0x3c00],
    ['a tie to the even one', 1 + 2 ** -11, 0x3c00],
    ['a tie to the even one above', 1 + 3 * 2 ** -11, 0x3c02],
    ['up into the next exponent', 1.9999, 0x4000],
    ['beyond the largest to infinity', 65520, 0x7c00],
    ['below the smallest to zero', 2 ** -25, 0],
  ])('rounds %s', (_, value, bits) => {
    expect(encodeFloat16(value)).toBe(bits);
  });
});

test('numbers of every type are decoded', () => {
  const decode = (values: ArrayBufferView, type: Parameters<typeof decodeValues>[1]) => [
    ...decodeValues(new Uint8Array(values.buffer), type, [2], 'file', 'x'),
  ];
  expect(decode(new BigInt64Array([-5n, 2n ** 40n]), 'int64')).toEqual([-5, 2 ** 40]);
  expect(decode(new Uint32Array([7, 2 ** 32 - 1]), 'uint32')).toEqual([7, 2 ** 32 - 1]);
  expect(decode(new Int8Array([-128, 127]), 'int8')).toEqual([-128, 127]);
  expect(decode(new Uint16Array([0x3f80, 0xc000]), 'bfloat16')).toEqual([1, -2]);
  expect(() => decode(new BigInt64Array([2n ** 60n, 0n]), 'int64')).toThrow('1152921504606846976');
  expect(() => decode(new Float32Array(3), 'float32')).toThrow('8 bytes, but 12 bytes are stored');
});
