import { describe, expect, test } from 'vitest';
import {
  type Cell,
  cells,
  explain,
  latex,
  planFor,
  referenceForward,
  referenceGradient,
} from '../src/index.js';
import { toPyTorch } from '../src/pytorch/module.js';
import { numbers } from './problem.js';

const SIZES = { inputSize: 3, units: 4 };

/** Outputs, and gradients of the sum of all outputs, from weights of that size and zero states. */
function run(cell: Cell, scale: number, xScale = 1, timesteps = 6) {
  const plan = planFor(cell, SIZES);
  const draw = numbers(5);
  const inputs = {
    batch: 1,
    timesteps,
    x: draw(timesteps * SIZES.inputSize).map((value) => xScale * value),
    parameters: plan.parameters.map(({ shape }) =>
      draw(shape.reduce((a, b) => a * b)).map((value) => scale * value),
    ),
  };
  const { sequence, states } = referenceForward(plan, inputs);
  const gradient = referenceGradient(plan, inputs, { sequence: sequence.map(() => 1) });
  return { sequence, states, gradients: [gradient.x, ...gradient.parameters] };
}

const allFinite = (rows: Iterable<Float64Array>): boolean =>
  [...rows].every((row) => row.every((value) => Number.isFinite(value)));

describe('numbers far from 0', () => {
  test.each([
    ['sLstm', cells.sLstm()],
    ['mLstm', cells.mLstm()],
    ['rgLru', cells.rgLru()],
    ['s6', cells.s6({ stateSize: 2 })],
    ['attentionGru', cells.attentionGru()],
  ])('%s stays finite, its gradient too', (_, cell) => {
    const { sequence, states, gradients } = run(cell, 1, 3000);
    expect(allFinite([sequence, ...states])).toBe(true);
    expect(allFinite(gradients)).toBe(true);
  });

  test('n of an sLstm is at least 1 from the first step on', () => {
    for (const timesteps of [1, 2, 5]) {
      const { states } = run(cells.sLstm({ heads: 2 }), 3, 50, timesteps);
      expect(Math.min(...states[2])).toBeGreaterThanOrEqual(1);
    }
  });

  test('an rgLru whose gate is closed keeps its state', () => {
    const { states, gradients } = run(cells.rgLru(), 1e5, 1);
    expect(allFinite([...states, ...gradients])).toBe(true);
  });
});

test('heads are apart: a head reads its own units alone', () => {
  const plan = planFor(cells.sLstm({ heads: 2 }), SIZES);
  const draw = numbers(7);
  const inputs = {
    batch: 1,
    timesteps: 1,
    x: draw(3),
    parameters: plan.parameters.map(({ shape }) => draw(shape.reduce((a, b) => a * b))),
    initialStates: [Float64Array.of(1, 1, 1, 1), ...[1, 1, 1].map(() => new Float64Array(4))],
  };
  const output = (h: number[]) => {
    const initialStates = [Float64Array.from(h), ...inputs.initialStates.slice(1)];
    return [...referenceForward(plan, { ...inputs, initialStates }).sequence];
  };
  const [before, after] = [output([1, 1, 1, 1]), output([1, 1, 5, -5])];
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
  expect(after.slice(2)).not.toEqual(before.slice(2));
});

test.each([
  [() => cells.sLstm({ heads: 0 }), /sLstm: heads must be a positive whole number, but is 0/],
  [
    () => cells.cfc({ mode: 'no_gate' as never }),
    /cfc: mode must be default or noGate or pure, but is "no_gate"/,
  ],
  [() => cells.s6({ rank: 1.5 }), /s6: rank must be a positive whole number, but is 1.5/],
  [
    () => cells.attentionGru({ heads: 2 } as never),
    /attentionGru has no option 'heads'. Its options: window/,
  ],
  [
    () => planFor(cells.mLstm({ heads: 3 }), SIZES),
    /mLstm: the units must be divisible by the 3 heads, but are 4/,
  ],
  [() => planFor(cells.rgLru({ heads: 3 }), SIZES), /must be .* divisible by its 3 groups, but is 4/],
])('%s is refused', (make, message) => {
  expect(make).toThrow(message);
});

describe('printed', () => {
  test.each([
    ['sLstm', cells.sLstm({ heads: 2 })],
    ['mLstm', cells.mLstm({ heads: 2 })],
    ['rgLru', cells.rgLru({ heads: 2 })],
    ['qrnn', cells.qrnn()],
    ['cfc', cells.cfc({ mode: 'pure', backboneLayers: 2 })],
    ['s6', cells.s6()],
    ['attentionGru', cells.attentionGru()],
  ])('%s is explained with its source, and printed for LaTeX and PyTorch', (_, cell) => {
    const text = explain(cell, SIZES);
    expect(text).toContain(cell.source as string);
    expect(latex(cell, SIZES)).toContain('\\');
    expect(toPyTorch(cell, SIZES)).toContain('def ');
  });
});
