import { describe, expect, test } from 'vitest';
import { loopOf, pointwiseProgram } from '../src/backend/index.js';
import { type Expression, kernel, recurrentVector } from '../src/equations/index.js';
import {
  type Cell,
  defineCell,
  explain,
  latex,
  planFor,
  referenceForward,
  referenceGradient,
} from '../src/index.js';

/** More operations in a chain than JavaScript's stack has room for calls. */
const DEEP = 3000;

/** `h = 0.5 (… (0.5 (W x + v h) + h) …) + h`: a chain of operations, two for each round, that tends to 2 h. */
const chain = (rounds: number): Cell =>
  defineCell({
    name: 'chain',
    states: ['h'],
    parameters: { kernel: kernel('h'), recurrentVector: recurrentVector('h') },
    equations: ({ x, h }, { kernel: W, recurrentVector: v }) => {
      let row: Expression = W.h(x).add(v.h.mul(h));
      for (let i = 0; i < rounds; i++) row = row.mul(0.5).add(h);
      return { h: row };
    },
  });

describe('equations that are a chain of thousands of operations', () => {
  const inputs = {
    batch: 1,
    timesteps: 2,
    x: Float64Array.of(0.5, -0.25),
    parameters: [Float64Array.of(1), Float64Array.of(0.5)],
    initialStates: [Float64Array.of(0.75)],
  };

  test('have a plan and a gradient', () => {
    const plan = planFor(chain(DEEP / 2), { inputSize: 1, units: 1 });
    const { body } = loopOf(plan, 'inference', { masked: 'no', x: 'steps' });
    expect(body[0].program.operations.length).toBeGreaterThan(DEEP);
    const { sequence } = referenceForward(plan, inputs);
    expect(sequence[0]).toBeCloseTo(1.5, 12);
    expect(sequence[1]).toBeCloseTo(3, 12);
    const gradient = referenceGradient(plan, inputs, { sequence: Float64Array.of(0, 1) });
    // What reaches x passes through thousands of halvings; of the state 4 is left.
    expect(gradient.x[1]).toBe(0);
    expect(gradient.initialStates[0][0]).toBeCloseTo(4, 12);
  });

  test('are written as several named equations', () => {
    const lines = explain(chain(1000)).split('\n');
    const isWritten = (line: RegExp) => lines.some((text) => line.test(text));
    expect(isWritten(/ part1 = .*\(W_h x \+ v_h ⊙ h₋\)/)).toBe(true);
    expect(isWritten(/ h = .*part4\d/)).toBe(true);
    expect(latex(chain(1000)).includes('\\mathrm{part1}_t &=')).toBe(true);
    expect(explain(chain(10))).not.toContain('part1');
  });

  test('are pointwise programs', () => {
    const program = pointwiseProgram(['a'], ({ a }) => {
      let row = a;
      for (let i = 0; i < DEEP; i++) row = row.neg().add(1);
      return [row];
    });
    expect(program.operations).toHaveLength(2 * DEEP);
  });
});

test('values that many operations share are visited once', () => {
  const cell = defineCell({
    name: 'doubling',
    states: ['h'],
    parameters: { kernel: kernel('h') },
    equations: ({ x, h }, { kernel: W }) => {
      let row = W.h(x).add(h);
      for (let i = 0; i < 60; i++) row = row.mul(row).add(row);
      return { h: row };
    },
  });
  // 2⁶⁰ ways lead through these equations.
  const plan = planFor(cell, { inputSize: 2, units: 2 });
  const { body } = loopOf(plan, 'gradient', { masked: 'no', x: 'steps' });
  expect(body[0].program.operations.length).toBeLessThan(500);
});
