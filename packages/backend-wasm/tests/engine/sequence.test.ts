import type { Program, SequenceStage, Slot } from '@sluice/core/backend';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Floats } from '../../src/engine/heap.js';
import type { Right } from '../../src/engine/matrix.js';
import type { CompiledProgram } from '../../src/engine/program/programs.js';
import { kernelsOnMemory, variants } from './kernels-on-memory.js';

const value = (index: number): Slot => ({ kind: 'value', index });
/** h = tanh(u + x), stored as the state and as the output, and its sum over rows and steps. */
const program: Program = {
  loads: [value(0), value(1)],
  constants: [],
  operations: [
    { name: 'add', inputs: [0, 1] },
    { name: 'tanh', inputs: [2] },
  ],
  stores: [
    { value: 3, slot: value(2) },
    { value: 3, slot: value(3) },
    { value: 3, slot: { kind: 'vectorCotangent', parameter: 0, block: 0 } },
  ],
};
const nothing: Program = { loads: [], constants: [], operations: [], stores: [] };

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

  /** h₊ = tanh(U h + x), the states in two places that take turns; a stage that does nothing in front. */
  function sequence() {
    const { kernels, put } = device;
    const size = BATCH * UNITS;
    const x = put(numbers(size * STEPS, 1));
    const start = put(numbers(size, 2));
    const states = put(new Float32Array(2 * size));
    const output = put(new Float32Array(size * STEPS));
    const sums = put(new Float32Array(UNITS).fill(1));
    const weights = put(numbers(UNITS * UNITS, 3).map((number) => number / 4));
    const result = put(new Float32Array(size));
    const matrix = { memory: weights, offset: 0, rowStride: UNITS, columnStride: 1 };
    const right = kernels.prepareWeights(matrix, size * STEPS, UNITS, UNITS);
    const place = (offset: number, advance: number) => ({
      memory: states,
      offset,
      stride: UNITS,
      advance,
      alternates: true,
    });
    const before = place(size, -size);
    const stages: SequenceStage<Floats, Right, CompiledProgram>[] = [
      { products: [], program: kernels.compile(nothing, UNITS), rows: { loads: [], stores: [] } },
      {
        products: [
          {
            left: before,
            right,
            result: { memory: result, offset: 0, rowStride: UNITS, columnStride: 1 },
          },
        ],
        program: kernels.compile(program, UNITS),
        rows: {
          loads: [
            { memory: result, offset: 0, stride: UNITS, advance: 0 },
            { memory: x, offset: 0, stride: STEPS * UNITS, advance: UNITS },
          ],
          stores: [
            place(0, size),
            { memory: output, offset: 0, stride: STEPS * UNITS, advance: UNITS },
            { memory: sums, offset: 0, stride: 0, advance: 0 },
          ],
        },
      },
    ];
    const starts = [{ from: { memory: start, offset: 0, stride: UNITS }, to: before }];
    return { x, start, weights, output, sums, stages, starts };
  }

  /** The same in float64. */
  function expectedOutput({ x, start, weights }: ReturnType<typeof sequence>): Float64Array {
    const { kernels } = device;
    const [inputs, matrix] = [kernels.view(x), kernels.view(weights)];
    const output = new Float64Array(BATCH * STEPS * UNITS);
    for (let row = 0; row < BATCH; row++) {
      let state = Float64Array.from(kernels.view(start).subarray(row * UNITS, (row + 1) * UNITS));
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

  test('runs products and programs of all steps, with double-buffered states and sums over rows and steps', () => {
    const { kernels } = device;
    const given = sequence();
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, given.starts);
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
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, given.starts);
    const all = kernels.view(given.output).slice();
    kernels.view(given.output).fill(0);
    kernels.runSequence?.(given.stages, STEPS, 2, 3, given.starts);
    const part = all.map((number, i) => (i >= 2 * STEPS * UNITS && i < 5 * STEPS * UNITS ? number : 0));
    expect(kernels.view(given.output)).toEqual(part);
  });

  test('works after the memory has grown', () => {
    const { heap, kernels } = device;
    const given = sequence();
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, given.starts);
    const before = kernels.view(given.output).slice();
    kernels.view(given.output).fill(0);
    kernels.allocate(heap.memory.buffer.byteLength);
    kernels.runSequence?.(given.stages, STEPS, 0, BATCH, given.starts);
    expect(kernels.view(given.output)).toEqual(before);
  });

  test.each([4, 8, 20, 45])('one program, steps from the first to the last and back, rows of %i', (units) => {
    const { kernels, put } = device;
    const size = BATCH * STEPS * units;
    const x = put(numbers(size, 1));
    const states = put(numbers(BATCH * units, 2));
    const output = put(new Float32Array(size));
    const sums = put(new Float32Array(units));
    const compiled = kernels.compile(program, units);
    const expected = new Float64Array(size);
    const state = Float64Array.from(kernels.view(states));
    for (const direction of [1, -1]) {
      const steps = Array.from({ length: STEPS }, (_, i) => (direction > 0 ? i : STEPS - 1 - i));
      const place = { memory: states, offset: 0, stride: units, advance: 0 };
      const rows = {
        offset: steps[0] * units,
        stride: STEPS * units,
        advance: direction * units,
      };
      const loads = [place, { memory: x, ...rows }];
      const stores = [place, { memory: output, ...rows }, { memory: sums, offset: 0, stride: 0, advance: 0 }];
      kernels.runSequence?.(
        [{ products: [], program: compiled, rows: { loads, stores } }],
        STEPS,
        0,
        BATCH,
        [],
      );
      for (let row = 0; row < BATCH; row++) {
        for (const step of steps) {
          for (let j = 0; j < units; j++) {
            const at = (row * STEPS + step) * units + j;
            expected[at] = Math.tanh(state[row * units + j] + kernels.view(x)[at]);
            state[row * units + j] = expected[at];
          }
        }
      }
      expected.forEach((number, i) => {
        expect(kernels.view(output)[i]).toBeCloseTo(number, 5);
      });
    }
  });
});
