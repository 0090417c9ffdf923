import { describe, expect, test } from 'vitest';
import { cells, planFor, referenceForward, type SruOptions } from '../src/index.js';
import { f64, runOneUnit } from './one-unit.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const expectClose = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 14);
  });
};

/** Applies a step written out by hand to one number after the other. */
function byHand<S>(x: number[], start: S, step: (x: number, state: S) => S, shown: (state: S) => number) {
  let state = start;
  return x.map((value) => {
    state = step(value, state);
    return shown(state);
  });
}

const X = [0.5, -1, 2];

describe('the reference computes the equations as written in the papers', () => {
  test('simple RNN', () => {
    const expected = byHand(
      X,
      0.3,
      (x, h) => Math.tanh(0.7 * x - 0.4 * h + 0.1),
      (h) => h,
    );
    const { sequence, states } = runOneUnit(cells.simpleRnn(), [[0.7], [-0.4], [0.1]], X, {
      initialStates: [f64(0.3)],
    });
    expectClose(sequence, expected);
    expectClose(states, [expected[2]]);
  });

  const gruWeights = [
    [0.5, -0.3, 0.8],
    [0.2, 0.6, -0.9],
    [0.1, -0.2, 0.3],
  ];

  test.each([
    ['keep', (z: number, h: number, n: number) => z * h + (1 - z) * n],
    ['take', (z: number, h: number, n: number) => (1 - z) * h + z * n],
  ] as const)('GRU whose update gate says %s', (update, mix) => {
    const step = (x: number, h: number) => {
      const z = sigmoid(0.5 * x + 0.2 * h + 0.1);
      const r = sigmoid(-0.3 * x + 0.6 * h - 0.2);
      const n = Math.tanh(0.8 * x - 0.9 * (r * h) + 0.3);
      return mix(z, h, n);
    };
    expectClose(
      runOneUnit(cells.gru({ resetAfter: false, update }), gruWeights, X, { initialStates: [f64(-0.6)] })
        .sequence,
      byHand(X, -0.6, step, (h) => h),
    );
  });

  test('GRU, reset after', () => {
    const step = (x: number, h: number) => {
      const z = sigmoid(0.5 * x + 0.2 * h + 0.1 + 0.05);
      const r = sigmoid(-0.3 * x + 0.6 * h - 0.2 - 0.15);
      const n = Math.tanh(0.8 * x + 0.3 + r * (-0.9 * h + 0.25));
      return z * h + (1 - z) * n;
    };
    const weights = [gruWeights[0], gruWeights[1], [0.1, -0.2, 0.3, 0.05, -0.15, 0.25]];
    expectClose(
      runOneUnit(cells.gru({ resetAfter: true }), weights, X, { initialStates: [f64(-0.6)] }).sequence,
      byHand(X, -0.6, step, (h) => h),
    );
  });

  test.each([[false], [true]])('LSTM (peephole %s)', (peephole) => {
    const [pi, pf, po] = peephole ? [0.35, -0.45, 0.55] : [0, 0, 0];
    const step = (x: number, { h, c }: { h: number; c: number }) => {
      const i = sigmoid(0.5 * x + 0.2 * h + pi * c + 0.1);
      const f = sigmoid(-0.3 * x + 0.6 * h + pf * c - 0.2);
      const g = Math.tanh(0.8 * x - 0.9 * h + 0.3);
      const memory = f * c + i * g;
      const o = sigmoid(-0.7 * x + 0.4 * h + po * memory + 0.15);
      return { h: o * Math.tanh(memory), c: memory };
    };
    const weights = [
      [0.5, -0.3, 0.8, -0.7],
      [0.2, 0.6, -0.9, 0.4],
      ...(peephole ? [[pi, pf, po]] : []),
      [0.1, -0.2, 0.3, 0.15],
    ];
    const start = { h: 0.4, c: -1.1 };
    const { sequence, states } = runOneUnit(cells.lstm({ peephole }), weights, X, {
      initialStates: [f64(start.h), f64(start.c)],
    });
    expectClose(
      sequence,
      byHand(X, start, step, ({ h }) => h),
    );
    expectClose(states, [sequence[2], byHand(X, start, step, ({ c }) => c)[2]]);
  });

  test.each([
    [1, true],
    [2, true],
    [2, false],
  ] as const)('SRU version %d (highway %s)', (version, highway) => {
    const [vf, vr] = version === 2 ? [0.35, -0.45] : [0, 0];
    const scale = Math.sqrt(1 + 2 * Math.exp(-1));
    const step = (x: number, { c }: { c: number; h: number }) => {
      const f = sigmoid(-0.3 * x + vf * c - 0.2);
      const r = sigmoid(0.8 * x + vr * c + 0.3);
      const memory = f * c + (1 - f) * (0.5 * x);
      return { c: memory, h: r * Math.tanh(memory) + (highway ? (1 - r) * scale * x : 0) };
    };
    const weights = [[0.5, -0.3, 0.8], ...(version === 2 ? [[vf, vr]] : []), [-0.2, 0.3]];
    const cell = cells.sru({ version, highway, activation: 'tanh', rescale: true, highwayBias: -1 });
    const { sequence, states } = runOneUnit(cell, weights, X, { initialStates: [f64(0.9)] });
    expectClose(
      sequence,
      byHand(X, { c: 0.9, h: 0 }, step, ({ h }) => h),
    );
    expectClose(states, [byHand(X, { c: 0.9, h: 0 }, step, ({ c }) => c)[2]]);
  });

  test('SRU between different sizes projects its skip connection', () => {
    const plan = planFor(cells.sru({ version: 1 }), { inputSize: 2, units: 1 });
    const parameters = [f64(0.1, 0.2, 0.3, 0.4, -0.5, -0.6, -0.7, -0.8), f64(0.05, -0.05)];
    const { sequence } = referenceForward(plan, { batch: 1, timesteps: 1, x: f64(1, 2), parameters });
    const [c, f, r, s] = [0.1 - 1, 0.2 - 1.2, 0.3 - 1.4, 0.4 - 1.6];
    const memory = (1 - sigmoid(f + 0.05)) * c;
    expectClose([...sequence], [sigmoid(r - 0.05) * memory + (1 - sigmoid(r - 0.05)) * s]);
  });

  test('SRU with a scale, and with a projected skip between equal sizes', () => {
    const step =
      (skip: (x: number) => number) =>
      (x: number, { c }: { c: number; h: number }) => {
        const memory = sigmoid(-0.3 * x) * c + (1 - sigmoid(-0.3 * x)) * 0.5 * x;
        return { c: memory, h: sigmoid(0.8 * x) * memory + (1 - sigmoid(0.8 * x)) * skip(x) };
      };
    const run = (options: SruOptions, kernel: number[]) =>
      runOneUnit(cells.sru({ version: 1, useBias: false, ...options }), [kernel], X).sequence;
    const expected = (skip: (x: number) => number) => byHand(X, { c: 0, h: 0 }, step(skip), ({ h }) => h);
    expectClose(
      run({ scale: 0.7 }, [0.5, -0.3, 0.8]),
      expected((x) => 0.7 * x),
    );
    expectClose(
      run({ scale: 0 }, [0.5, -0.3, 0.8]),
      expected(() => 0),
    );
    expectClose(
      run({ projectSkip: true }, [0.5, -0.3, 0.8, -1.2]),
      expected((x) => -1.2 * x),
    );
  });

  test('minGRU, IndRNN and Li-GRU', () => {
    const minGru = byHand(
      X,
      0.2,
      (x, h) => (1 - sigmoid(0.5 * x + 0.1)) * h + sigmoid(0.5 * x + 0.1) * (-0.3 * x - 0.2),
      (h) => h,
    );
    expectClose(
      runOneUnit(
        cells.minGru(),
        [
          [0.5, -0.3],
          [0.1, -0.2],
        ],
        X,
        { initialStates: [f64(0.2)] },
      ).sequence,
      minGru,
    );
    const indRnn = byHand(
      X,
      0.2,
      (x, h) => Math.max(0, 0.5 * x + 0.8 * h + 0.1),
      (h) => h,
    );
    expectClose(
      runOneUnit(cells.indRnn(), [[0.5], [0.8], [0.1]], X, { initialStates: [f64(0.2)] }).sequence,
      indRnn,
    );
    const liGru = byHand(
      X,
      0.2,
      (x, h) => {
        const z = sigmoid(0.5 * x + 0.6 * h + 0.1);
        return z * h + (1 - z) * Math.max(0, 0.9 * x - 0.4 * h + 0.2);
      },
      (h) => h,
    );
    expectClose(
      runOneUnit(
        cells.liGru(),
        [
          [0.5, 0.9],
          [0.6, -0.4],
          [0.1, 0.2],
        ],
        X,
        { initialStates: [f64(0.2)] },
      ).sequence,
      liGru,
    );
  });
});
