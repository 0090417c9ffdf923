import type { Program, RowAccess, SequenceStage } from '@sluice/core/backend';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Floats } from '../../src/engine/heap.js';
import type { Right } from '../../src/engine/matrix.js';
import type { CompiledProgram } from '../../src/engine/program/programs.js';
import { kernelsOnMemory, variants } from './kernels-on-memory.js';

/** h = tanh(u + x), stored as the state and as the output, and its sum over rows and steps. */
const program: Program<RowAccess> = {
  loads: [{}, {}],
  constants: [],
  operations: [
    { name: 'add', inputs: [0, 1] },
    { name: 'tanh', inputs: [2] },
  ],
  stores: [
    { value: 3, slot: {} },
    { value: 3, slot: {} },
    { value: 3, slot: { sum: true } },
  ],
};
const nothing: Program<RowAccess> = { loads: [], constants: [], operations: [], stores: [] };

const UNITS = 20;
const BATCH = 7;
const STEPS = 6;
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(1 + i * 0.7 + seed));

let device: Awaited<ReturnType<typeof kernelsOnMemory>>;

describe.each(variants)('$arithmetic', ({ relaxedSimd }) => {
  beforeEach(async () => {
    device = await kernelsOnMemory(relaxedSimd);
  });

  /** h₊ = tanh(U h + x), the states of all steps one behind the other; a stage that does nothing in front. */
  function sequence() {
    const { kernels, put } = device;
    const size = BATCH * UNITS;
    const x = put(numbers(size * STEPS, 1));
    const start = numbers(size, 2);
    const states = put(new Float32Array((STEPS + 1) * size));
    kernels.view(states).set(start);
    const output = put(new Float32Array(size * STEPS));
    const sums = put(new Float32Array(UNITS).fill(1));
    const weights = put(numbers(UNITS * UNITS, 3).map((number) => number / 4));
    const result = put(new Float32Array(size));
    const matrix = { memory: weights, offset: 0, rowStride: UNITS, columnStride: 1 };
    const right = kernels.prepareWeights(matrix, size * STEPS, UNITS, UNITS);
    const place = (offset: number) => ({ memory: states, offset, stride: UNITS, advance: size });
    const stages: SequenceStage<Floats, Right, CompiledProgram>[] = [
      { products: [], program: kernels.compile(nothing, UNITS), rows: { loads: [], stores: [] } },
      {
        products: [
          {
            kind: 'product',
            left: place(0),
            right,
            result: { memory: result, offset: 0, stride: UNITS, advance: 0 },
            accumulate: false,
          },
        ],
        program: kernels.compile(program, UNITS),
        rows: {
          loads: [
            { memory: result, offset: 0, stride: UNITS, advance: 0 },
            { memory: x, offset: 0, stride: STEPS * UNITS, advance: UNITS },
          ],
          stores: [
            place(size),
            { memory: output, offset: 0, stride: STEPS * UNITS, advance: UNITS },
            { memory: sums, offset: 0, stride: 0, advance: 0 },
          ],
        },
      },
    ];
    return { x, start, weights, output, sums, stages };
  }

  /** The same in float64. */
  function expectedOutput({ x, start, weights }: ReturnType<typeof sequence>): Float64Array {
    const { kernels } = device;
    const [inputs, matrix] = [kernels.view(x), kernels.view(weights)];
    const output = new Float64Array(BATCH * STEPS * UNITS);
    for (let row = 0; row < BATCH; row++) {
      let state = Float64Array.from(start.subarray(row * UNITS, (row + 1) * UNITS));
      for (let step = 0; step < STEPS; step++) {
        const at = (row * STEPS + step) * UNITS;
        state = state.map((_, j) => {
          let sum = inputs[at + j];
          for (let k = 0; k < UNITS; k++) sum += state[k] * matrix[k * UNITS + j];
          return Math.tanh(sum);
        });
        output.set(state, at);
      }
    }
    return output;
  }

  test('runs products and programs of all steps, with states and sums over rows and steps', () => {
    const { kernels } = device;
    const given = sequence();
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, false);
    const expected = expectedOutput(given);
    const sums = new Float64Array(UNITS).fill(1);
    expected.forEach((number, i) => {
      expect(kernels.view(given.output)[i]).toBeCloseTo(number, 5);
      sums[i % UNITS] += number;
    });
    sums.forEach((sum, j) => {
      expect(kernels.view(given.sums)[j]).toBeCloseTo(sum, 4);
    });
  });

  test('gives the same for a part of the rows, and again', () => {
    const { kernels } = device;
    const given = sequence();
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, false);
    const all = kernels.view(given.output).slice();
    kernels.view(given.output).fill(0);
    kernels.runSequence?.(given.stages, STEPS, 2, 3, false);
    const part = all.map((number, i) => (i >= 2 * STEPS * UNITS && i < 5 * STEPS * UNITS ? number : 0));
    expect(kernels.view(given.output)).toEqual(part);
  });

  test('a row may be one number that stands for all', () => {
    const { kernels, put } = device;
    const x = numbers(BATCH * STEPS * UNITS, 1);
    const mask = Float32Array.from({ length: BATCH * STEPS }, (_, i) => i % 3);
    const [values, factors, output] = [put(x), put(mask), put(new Float32Array(x.length))];
    const scaled = kernels.compile(
      {
        loads: [{ spread: true }, {}],
        constants: [],
        operations: [{ name: 'mul', inputs: [0, 1] }],
        stores: [{ value: 2, slot: {} }],
      },
      UNITS,
    );
    const rows = { offset: 0, stride: STEPS * UNITS, advance: UNITS };
    const loads = [
      { memory: factors, offset: 0, stride: STEPS, advance: 1 },
      { memory: values, ...rows },
    ];
    const stage = { products: [], program: scaled, rows: { loads, stores: [{ memory: output, ...rows }] } };
    kernels.runSequence?.([stage], STEPS, 0, BATCH, false);
    expect(kernels.view(output)).toEqual(x.map((number, i) => number * mask[Math.floor(i / UNITS)]));
  });

  test('works after the memory has grown', () => {
    const { heap, kernels } = device;
    const given = sequence();
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, false);
    const before = kernels.view(given.output).slice();
    kernels.view(given.output).fill(0);
    kernels.allocate(heap.memory.buffer.byteLength);
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, false);
    expect(kernels.view(given.output)).toEqual(before);
  });

  describe.each([4, 6, 8, 20, 45])('one program, rows of %i', (units) => {
    test.each([
      ['step by step', false],
      ['row by row', true],
    ])('%s, from the first step to the last and back', (_, byRows) => {
      const { kernels, put } = device;
      const size = BATCH * STEPS * units;
      const x = put(numbers(size, 1));
      const states = put(numbers(BATCH * units, 2));
      const output = put(new Float32Array(size));
      const sums = put(new Float32Array(units));
      const expected = new Float64Array(size);
      const total = new Float64Array(units);
      const state = Float64Array.from(kernels.view(states));
      for (const direction of [1, -1]) {
        const compiled = kernels.compile(program, units, byRows && direction < 0);
        const steps = Array.from({ length: STEPS }, (_, i) => (direction > 0 ? i : STEPS - 1 - i));
        const place = { memory: states, offset: 0, stride: units, advance: 0 };
        const rows = {
          offset: steps[0] * units,
          stride: STEPS * units,
          advance: direction * units,
        };
        const loads = [place, { memory: x, ...rows }];
        const stores = [
          place,
          { memory: output, ...rows },
          { memory: sums, offset: 0, stride: 0, advance: 0 },
        ];
        kernels.runSequence?.(
          [{ products: [], program: compiled, rows: { loads, stores } }],
          STEPS,
          0,
          BATCH,
          byRows,
        );
        for (let row = 0; row < BATCH; row++) {
          for (const step of steps) {
            for (let j = 0; j < units; j++) {
              const at = (row * STEPS + step) * units + j;
              expected[at] = Math.tanh(state[row * units + j] + kernels.view(x)[at]);
              state[row * units + j] = expected[at];
              total[j] += expected[at];
            }
          }
        }
        expected.forEach((number, i) => {
          expect(kernels.view(output)[i]).toBeCloseTo(number, 5);
        });
        total.forEach((sum, j) => {
          expect(kernels.view(sums)[j]).toBeCloseTo(sum, 4);
        });
      }
    });
  });
});
