import type { Program } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { stepsOf } from '../src/engine/program/multiply-adds.js';

/** Of three loads: values 0, 1 and 2; the operations' are 3, 4 and so on. */
const program = (operations: Program['operations'], ...stored: number[]): Program => ({
  loads: [{ kind: 'input' }, { kind: 'output' }, { kind: 'vector', parameter: 0, block: 0 }],
  constants: [],
  operations,
  stores: stored.map((value, index) => ({ value, slot: { kind: 'value', index } })),
});
const product = { name: 'mul', inputs: [0, 1] } as const;

describe('a product', () => {
  test.each([
    ['the second operand of a sum', { name: 'add', inputs: [2, 3] }, 'multiplyAdd'],
    ['the first operand of a sum', { name: 'add', inputs: [3, 2] }, 'multiplyAdd'],
    ['what is subtracted', { name: 'sub', inputs: [2, 3] }, 'multiplySub'],
  ] as const)('is joined with the operation when it is %s', (_, operation, name) => {
    expect(stepsOf(program([product, operation], 4))).toEqual([{ name, inputs: [0, 1, 2], result: 4 }]);
  });

  test('from which is subtracted stays by itself', () => {
    const difference = { name: 'sub', inputs: [3, 2] } as const;
    expect(stepsOf(program([product, difference], 4))).toEqual([
      { ...product, result: 3 },
      { ...difference, result: 4 },
    ]);
  });

  test('that is needed elsewhere too, or twice, stays by itself', () => {
    const sum = { name: 'add', inputs: [2, 3] } as const;
    const twice = { name: 'add', inputs: [3, 3] } as const;
    expect(stepsOf(program([product, sum], 4, 3)).map(({ name }) => name)).toEqual(['mul', 'add']);
    expect(stepsOf(program([product, twice], 4)).map(({ name }) => name)).toEqual(['mul', 'add']);
  });

  test('is joined once where both operands are products', () => {
    const other = { name: 'mul', inputs: [1, 2] } as const;
    const sum = { name: 'add', inputs: [3, 4] } as const;
    expect(stepsOf(program([product, other, sum], 5))).toEqual([
      { ...product, result: 3 },
      { name: 'multiplyAdd', inputs: [1, 2, 3], result: 5 },
    ]);
  });
});
