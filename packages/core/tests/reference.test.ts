import { describe, expect, test } from 'vitest';
import {
  type Cell,
  cells,
  defineCell,
  kernel,
  type Plan,
  planFor,
  recurrentVector,
  referenceForward,
  referenceGradient,
  type SequenceInputs,
} from '../src/index.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const f64 = (...values: number[]) => Float64Array.from(values);

type Inputs = SequenceInputs<Float64Array>;

/** One unit, one feature: every parameter block is one number. */
function run(cell: Cell, parameters: number[][], x: number[], options: Partial<Inputs> = {}) {
  const plan = planFor(cell, { inputSize: 1, units: 1 });
  const inputs = {
    batch: 1,
    timesteps: x.length,
    x: f64(...x),
    parameters: parameters.map((p) => f64(...p)),
  };
  const { sequence, states } = referenceForward(plan, { ...inputs, ...options });
  return { sequence: [...sequence], states: states.map(([value]) => value) };
}

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
    const { sequence, states } = run(cells.simpleRnn(), [[0.7], [-0.4], [0.1]], X, {
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
      run(cells.gru({ update }), gruWeights, X, { initialStates: [f64(-0.6)] }).sequence,
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
      run(cells.gru({ resetAfter: true }), weights, X, { initialStates: [f64(-0.6)] }).sequence,
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
    const { sequence, states } = run(cells.lstm({ peephole }), weights, X, {
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
    const { sequence, states } = run(cell, weights, X, { initialStates: [f64(0.9)] });
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

  test('minGRU, IndRNN and Li-GRU', () => {
    const minGru = byHand(
      X,
      0.2,
      (x, h) => (1 - sigmoid(0.5 * x + 0.1)) * h + sigmoid(0.5 * x + 0.1) * (-0.3 * x - 0.2),
      (h) => h,
    );
    expectClose(
      run(
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
      run(cells.indRnn(), [[0.5], [0.8], [0.1]], X, { initialStates: [f64(0.2)] }).sequence,
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
      run(
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

/** h = x + h/2: what a step does can be read off the numbers. */
const leaky = defineCell({
  name: 'leaky',
  states: ['h'],
  parameters: { kernel: kernel('h'), recurrentVector: recurrentVector('h') },
  equations: ({ x, h }, { kernel: W, recurrentVector: v }) => ({ h: W.h(x).add(v.h.mul(h)) }),
});
const LEAKY = [[1], [0.5]];

describe('masks and direction', () => {
  const x = [8, 4, 2, 1];
  const start = { initialStates: [f64(16)] };

  test('a padded step carries the state over and repeats the output', () => {
    const { sequence, states } = run(leaky, LEAKY, x, { ...start, mask: f64(1, 0, 1, 0) });
    expect(sequence).toEqual([16, 16, 10, 10]);
    expect(states).toEqual([10]);
  });

  test('or shows zero', () => {
    const { sequence, states } = run(leaky, LEAKY, x, {
      ...start,
      mask: f64(1, 0, 1, 0),
      maskedOutput: 'zero',
    });
    expect(sequence).toEqual([16, 0, 10, 0]);
    expect(states).toEqual([10]);
  });

  test('before the first used step the output is zero, not the state', () => {
    expect(run(leaky, LEAKY, x, { ...start, mask: f64(0, 0, 1, 1) }).sequence).toEqual([0, 0, 10, 6]);
  });

  test('a row without any used step ends where it began', () => {
    const { sequence, states } = run(leaky, LEAKY, x, { ...start, mask: f64(0, 0, 0, 0) });
    expect(sequence).toEqual([0, 0, 0, 0]);
    expect(states).toEqual([16]);
  });

  test('reversed, time runs from the end and outputs stay in place', () => {
    const { sequence, states } = run(leaky, LEAKY, x, { ...start, reverse: true });
    expect(sequence).toEqual([11.625, 7.25, 6.5, 9]);
    expect(states).toEqual([sequence[0]]);
  });

  test('reversed with a mask, the repeated output is the one of the later step', () => {
    const { sequence } = run(leaky, LEAKY, x, { ...start, reverse: true, mask: f64(0, 1, 0, 1) });
    expect(sequence).toEqual([8.5, 8.5, 9, 9]);
  });
});

describe('the gradient of the leaky sum', () => {
  const plan = planFor(leaky, { inputSize: 1, units: 1 });
  const inputs: Inputs = {
    batch: 1,
    timesteps: 3,
    x: f64(8, 4, 2),
    parameters: LEAKY.map((p) => f64(...p)),
    initialStates: [f64(16)],
  };
  const gradientOf = (options: Partial<Inputs>, cotangents: Parameters<typeof referenceGradient>[2]) => {
    const { x, parameters, initialStates } = referenceGradient(plan, { ...inputs, ...options }, cotangents);
    return {
      x: [...x],
      kernel: [...parameters[0]],
      vector: [...parameters[1]],
      start: [...initialStates[0]],
    };
  };

  // h = 16, 12, 8 after the three steps.
  test('of the last state', () => {
    expect(gradientOf({}, { states: [f64(1)] })).toEqual({
      x: [0.25, 0.5, 1],
      kernel: [8 * 0.25 + 4 * 0.5 + 2],
      vector: [16 * 0.25 + 16 * 0.5 + 12],
      start: [0.125],
    });
  });

  test('of one output', () => {
    expect(gradientOf({}, { sequence: f64(0, 1, 0) })).toEqual({
      x: [0.5, 1, 0],
      kernel: [8 * 0.5 + 4],
      vector: [16 * 0.5 + 16],
      start: [0.25],
    });
  });

  test('of a repeated output goes to the step it repeats', () => {
    const mask = f64(1, 0, 1);
    expect(gradientOf({ mask }, { sequence: f64(0, 1, 0) }).x).toEqual([1, 0, 0]);
    expect(gradientOf({ mask: f64(1, 0, 0) }, { sequence: f64(1, 2, 4) }).x).toEqual([7, 0, 0]);
    expect(gradientOf({ mask, maskedOutput: 'zero' }, { sequence: f64(0, 1, 0) }).x).toEqual([0, 0, 0]);
    expect(gradientOf({ mask }, { states: [f64(1)] }).x).toEqual([0.5, 0, 1]);
  });

  test('of nothing is zero', () => {
    expect(gradientOf({}, {})).toEqual({ x: [0, 0, 0], kernel: [0], vector: [0], start: [0] });
  });
});

describe('wrong lengths are refused, naming the cell, the array and the shape', () => {
  const plan: Plan = planFor(cells.gru(), { inputSize: 2, units: 3 });
  const inputs: Inputs = {
    batch: 2,
    timesteps: 4,
    x: new Float64Array(16),
    parameters: [new Float64Array(18), new Float64Array(27), new Float64Array(9)],
  };
  test.each<[string, Partial<Inputs>, RegExp]>([
    [
      'x',
      { x: new Float64Array(15) },
      /'gru': x must have the shape \[2, 4, 2\], that is 16 numbers, but has 15/,
    ],
    ['mask', { mask: new Float64Array(7) }, /mask must have the shape \[2, 4\]/],
    ['state', { initialStates: [new Float64Array(5)] }, /initial state h must have the shape \[2, 3\]/],
    [
      'parameters',
      { parameters: [] },
      /takes 3 parameters \(kernel, recurrentKernel, bias\), but was given 0/,
    ],
    ['recurrent masks', { recurrentMasks: [new Float64Array(6)] }, /takes 0 recurrentMasks, but was given 1/],
    ['batch', { batch: 0 }, /batch must be a positive whole number, but is 0/],
    ['timesteps', { timesteps: 2.5 }, /timesteps must be a positive whole number, but is 2.5/],
  ])('%s', (_, wrong, message) => {
    expect(() => referenceForward(plan, { ...inputs, ...wrong })).toThrow(RangeError);
    expect(() => referenceForward(plan, { ...inputs, ...wrong })).toThrow(message);
  });

  test('cotangents', () => {
    const gradient = (cotangents: Parameters<typeof referenceGradient>[2]) => () =>
      referenceGradient(plan, inputs, cotangents);
    expect(gradient({ sequence: new Float64Array(23) })).toThrow(/sequence must have the shape \[2, 4, 3\]/);
    expect(gradient({ states: [new Float64Array(7)] })).toThrow(
      /cotangent of h must have the shape \[2, 3\]/,
    );
  });
});
