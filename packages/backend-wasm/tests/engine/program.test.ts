import type { Program, RowAccess } from '@sluice/core/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { joinMultiplyAdds } from '../../src/engine/program/multiply-adds.js';
import { splitProgram } from '../../src/engine/program/split-program.js';
import { checkLength } from '../../src/engine/program/write-program.js';
import { kernelsOnMemory, variants } from './kernels-on-memory.js';

let device: Awaited<ReturnType<typeof kernelsOnMemory>>;
/** x · b + 3 and its sum over the rows, twice, into two rows of sums. */
const program: Program<RowAccess> = {
  loads: [{}, {}],
  constants: [3],
  operations: [
    { name: 'mul', inputs: [0, 1] },
    { name: 'add', inputs: [3, 2] },
  ],
  stores: [
    { value: 4, slot: {} },
    { value: 4, slot: { sum: true } },
    { value: 0, slot: { sum: true } },
  ],
};

/** g = sigmoid(x), tanh(3 g + tanh(scale · x)) · x into the place of x, g, and the sums of both. */
const inParts: Program<RowAccess> = {
  loads: [{}, { spread: true }],
  constants: [3],
  operations: [
    { name: 'sigmoid', inputs: [0] },
    { name: 'mul', inputs: [0, 1] },
    { name: 'tanh', inputs: [4] },
    { name: 'mul', inputs: [2, 3] },
    { name: 'add', inputs: [6, 5] },
    { name: 'tanh', inputs: [7] },
    { name: 'mul', inputs: [8, 0] },
  ],
  stores: [
    { value: 9, slot: {} },
    { value: 3, slot: {} },
    { value: 3, slot: { sum: true } },
    { value: 9, slot: { sum: true } },
  ],
};

test('a program is not divided into parts that would compute the same again and again', () => {
  const chain = Array.from({ length: 20 }, (_, i) => ({ name: 'add', inputs: [i, i] }) as const);
  const gates = Array.from({ length: 4 }, () => ({ name: 'sigmoid', inputs: [20] }) as const);
  const all = { name: 'max', inputs: [21, 22] } as const;
  const operations = [...chain, ...gates, all, { name: 'tanh', inputs: [25] } as const];
  const stores = [26, 23, 24].map((value) => ({ value, slot: {} }));
  const whole: Program<RowAccess> = { loads: [{}], constants: [], operations, stores };
  expect(splitProgram(whole)).toEqual({ spares: 0, parts: [{ program: whole, rows: [0, 1, 2, 3] }] });
});

test('a program that is too long for engines is refused with its size', () => {
  expect(() => checkLength(7_654_321, 9000)).not.toThrow();
  expect(() => checkLength(7_654_322, 9000)).toThrow(
    /program of 9000 operations takes 7654322 bytes, .* 7654321 at most.*cpu backend/,
  );
});

describe.each(variants)('$arithmetic', ({ relaxedSimd }) => {
  beforeAll(async () => {
    device = await kernelsOnMemory(relaxedSimd);
  });

  test('a chain of 2,000 functions uses few variables', () => {
    const { kernels, put } = device;
    const length = 2000;
    const chain: Program<RowAccess> = {
      loads: [{}],
      constants: [],
      operations: Array.from({ length }, (_, i) => ({
        name: i % 2 === 0 ? 'tanh' : 'softplus',
        inputs: [i],
      })),
      stores: [{ value: length, slot: {} }],
    };
    const memories = [put(Float32Array.of(0.25, -3, 9)), put(new Float32Array(3))];
    const [input, output] = memories.map((memory) => ({ memory, offset: 0, stride: 3 }));
    kernels.run(kernels.compile(chain, 3), { loads: [input], stores: [output] }, 0, 1);
    // Where softplus(tanh(x)) is x.
    let fixed = 1;
    for (let i = 0; i < 100; i++) fixed = Math.log1p(Math.exp(Math.tanh(fixed)));
    for (const value of kernels.view(memories[1])) expect(value).toBeCloseTo(fixed, 5);
    for (const memory of memories) kernels.release(memory);
  });

  describe.each([1, 3, 4, 5, 8, 131])('rows of %i', (units) => {
    test.each([0, 1, 2, 7])('%i of them, with strides, a repeated row and sums', (count) => {
      const { kernels, put } = device;
      const stride = units + 3;
      const x = Float32Array.from({ length: 8 * stride }, (_, i) => (i % 13) - 6);
      const b = Float32Array.from({ length: units }, (_, j) => (j % 5) - 2);
      const memories = [
        put(x),
        put(b),
        put(new Float32Array(8 * stride).fill(9)),
        put(new Float32Array(2 * units).fill(1)),
      ];
      const [input, vector, output, sums] = memories;
      const rows = {
        loads: [
          { memory: input, offset: 2, stride },
          { memory: vector, offset: 0, stride: 0 },
        ],
        stores: [
          { memory: output, offset: 1, stride },
          { memory: sums, offset: 0, stride: 0 },
          { memory: sums, offset: units, stride: 0 },
        ],
      };
      const compiled = kernels.compile(program, units);
      kernels.run(compiled, rows, 0, count);
      const expected = new Float32Array(8 * stride).fill(9);
      const expectedSums = new Float32Array(2 * units).fill(1);
      for (let row = 0; row < count; row++) {
        for (let j = 0; j < units; j++) {
          const value = x[2 + row * stride + j] * b[j] + 3;
          expected[1 + row * stride + j] = value;
          expectedSums[j] += value;
          expectedSums[units + j] += x[2 + row * stride + j];
        }
      }
      expect(kernels.view(output)).toEqual(expected);
      expect(kernels.view(sums)).toEqual(expectedSums);
      kernels.run(compiled, rows, 0, count);
      expect([...kernels.view(sums)]).toEqual([...expectedSums].map((value) => 2 * value - 1));
      for (const memory of memories) kernels.release(memory);
    });
  });

  test.each([1, 5, 16, 37])(
    'a program in parts, rows of %i: all stores, over their loads, and sums',
    (units) => {
      const { kernels, put } = device;
      const rowCount = 3;
      const number = (i: number) => Math.sin(i * 1.7) * 2;
      const memories = [
        put(Float32Array.from({ length: rowCount * units }, (_, i) => number(i))),
        put(Float32Array.of(0.5, -1, 2)),
        put(new Float32Array(rowCount * units)),
        put(new Float32Array(2 * units)),
      ];
      const [x, scale, output, sums] = memories;
      const own = { offset: 0, stride: units };
      const rows = {
        loads: [
          { memory: x, ...own },
          { memory: scale, offset: 0, stride: 1 },
        ],
        stores: [
          { memory: x, ...own },
          { memory: output, ...own },
          { memory: sums, offset: 0, stride: 0 },
          { memory: sums, offset: units, stride: 0 },
        ],
      };
      expect(splitProgram(inParts)).toMatchObject({ spares: 2, parts: [{}, {}, {}] });
      kernels.run(kernels.compile(inParts, units), rows, 0, rowCount);
      const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
      for (let j = 0; j < units; j++) {
        let [sumOfGates, sumOfResults] = [0, 0];
        for (let row = 0; row < rowCount; row++) {
          const i = row * units + j;
          const [gate, other] = [sigmoid(number(i)), Math.tanh(number(i) * [0.5, -1, 2][row])];
          const result = Math.tanh(3 * gate + other) * number(i);
          sumOfGates += gate;
          sumOfResults += result;
          expect(kernels.view(x)[i]).toBeCloseTo(result, 5);
          expect(kernels.view(output)[i]).toBeCloseTo(gate, 6);
        }
        expect(kernels.view(sums)[j]).toBeCloseTo(sumOfGates, 5);
        expect(kernels.view(sums)[units + j]).toBeCloseTo(sumOfResults, 5);
      }
      for (const memory of memories) kernels.release(memory);
    },
  );

  test('programs run after the memory has grown', () => {
    const { heap, kernels, put } = device;
    const compiled = kernels.compile({ ...program, stores: program.stores.slice(0, 1) }, 4);
    const before = put([1, 2, 3, 4]);
    const large = kernels.allocate(heap.memory.buffer.byteLength);
    const result = kernels.allocate(4);
    const row = (memory: typeof before) => ({ memory, offset: 0, stride: 4 });
    kernels.run(compiled, { loads: [row(before), row(before)], stores: [row(result)] }, 0, 1);
    expect([...kernels.view(result)]).toEqual([4, 7, 12, 19]);
    kernels.release(large);
  });
});

/** A program with three loads, values 0 to 2. The first operation has the value 3. */
const programOf = (
  operations: Program<RowAccess>['operations'],
  ...stored: number[]
): Program<RowAccess> => ({
  loads: [{}, {}, {}],
  constants: [],
  operations,
  stores: stored.map((value) => ({ value, slot: {} })),
});
const product = { name: 'mul', inputs: [0, 1] } as const;

describe('a product in a program', () => {
  test.each([
    ['the second operand of a sum', { name: 'add', inputs: [2, 3] }, 'multiplyAdd'],
    ['the first operand of a sum', { name: 'add', inputs: [3, 2] }, 'multiplyAdd'],
    ['the subtracted operand of a difference', { name: 'sub', inputs: [2, 3] }, 'multiplySub'],
  ] as const)('is joined with the operation when it is %s', (_, operation, name) => {
    expect(joinMultiplyAdds(programOf([product, operation], 4))).toEqual([
      { name, inputs: [0, 1, 2], result: 4 },
    ]);
  });

  test('is not joined when another value is subtracted from it', () => {
    const difference = { name: 'sub', inputs: [3, 2] } as const;
    expect(joinMultiplyAdds(programOf([product, difference], 4))).toEqual([
      { ...product, result: 3 },
      { ...difference, result: 4 },
    ]);
  });

  test('is not joined when another operation or store reads it, or when it is added to itself', () => {
    const sum = { name: 'add', inputs: [2, 3] } as const;
    const twice = { name: 'add', inputs: [3, 3] } as const;
    expect(joinMultiplyAdds(programOf([product, sum], 4, 3)).map(({ name }) => name)).toEqual(['mul', 'add']);
    expect(joinMultiplyAdds(programOf([product, twice], 4)).map(({ name }) => name)).toEqual(['mul', 'add']);
  });

  test('is joined with one of two products of a sum', () => {
    const other = { name: 'mul', inputs: [1, 2] } as const;
    const sum = { name: 'add', inputs: [3, 4] } as const;
    expect(joinMultiplyAdds(programOf([product, other, sum], 5))).toEqual([
      { ...product, result: 3 },
      { name: 'multiplyAdd', inputs: [1, 2, 3], result: 5 },
    ]);
  });
});
