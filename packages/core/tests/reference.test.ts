import { describe, expect, test } from 'vitest';
import { kernel, recurrentVector } from '../src/equations/index.js';
import { cells, defineCell, type Plan, planFor, referenceForward, referenceGradient } from '../src/index.js';
import { f64, type Inputs, runOneUnit } from './one-unit.js';

/** h = x + h/2: what a step does can be read off the numbers. */
const leaky = defineCell({
  name: 'leaky',
  states: ['h'],
  parameters: { kernel: kernel('h'), recurrentVector: recurrentVector('h') },
  equations: ({ x, h }, { kernel: W, recurrentVector: v }) => ({ h: W.h(x).add(v.h.mul(h)) }),
});
const LEAKY = [[1], [0.5]];

/** The same, but the output is twice the state. */
const doubled = defineCell({
  name: 'doubled',
  states: ['h'],
  parameters: { kernel: kernel('h'), recurrentVector: recurrentVector('h') },
  equations: ({ x, h }, { kernel: W, recurrentVector: v }) => {
    const next = W.h(x).add(v.h.mul(h));
    return { h: next, output: next.add(next) };
  },
});

describe('masks and direction', () => {
  const x = [8, 4, 2, 1];
  const start = { initialStates: [f64(16)] };

  test('a padded step carries the state over and repeats the output', () => {
    const { sequence, states } = runOneUnit(leaky, LEAKY, x, { ...start, mask: f64(1, 0, 1, 0) });
    expect(sequence).toEqual([16, 16, 10, 10]);
    expect(states).toEqual([10]);
  });

  test('a padded step has the output zero with maskedOutput zero', () => {
    const { sequence, states } = runOneUnit(leaky, LEAKY, x, {
      ...start,
      mask: f64(1, 0, 1, 0),
      maskedOutput: 'zero',
    });
    expect(sequence).toEqual([16, 0, 10, 0]);
    expect(states).toEqual([10]);
  });

  test('before the first unpadded step the output is the initial state', () => {
    const mask = f64(0, 0, 1, 1);
    expect(runOneUnit(leaky, LEAKY, x, { ...start, mask }).sequence).toEqual([16, 16, 10, 6]);
    expect(runOneUnit(leaky, LEAKY, x, { mask }).sequence).toEqual([0, 0, 2, 2]);
    expect(runOneUnit(leaky, LEAKY, x, { ...start, mask, maskedOutput: 'zero' }).sequence).toEqual([
      0, 0, 10, 6,
    ]);
  });

  test('before the first unpadded step the output is zeros if it is no state', () => {
    const { sequence } = runOneUnit(doubled, LEAKY, x, { ...start, mask: f64(0, 0, 1, 0) });
    expect(sequence).toEqual([0, 0, 20, 20]);
  });

  test('lengths are equivalent to a mask', () => {
    const forward = (options: Partial<Inputs>) => runOneUnit(leaky, LEAKY, x, { ...start, ...options });
    expect(forward({ lengths: [3] })).toEqual(forward({ mask: f64(1, 1, 1, 0) }));
    expect(forward({ lengths: [1], reverse: true })).toEqual({ sequence: [16, 16, 16, 16], states: [16] });
    expect(forward({ lengths: [4] })).toEqual(forward({}));
  });

  test('time may come before batch', () => {
    const plan = planFor(leaky, { inputSize: 1, units: 1 });
    const given = {
      batch: 2,
      timesteps: 3,
      parameters: LEAKY.map((p) => f64(...p)),
      mask: f64(1, 1, 0, 0, 1, 1),
    };
    const rows = { ...given, x: f64(8, 4, 2, 1, 3, 5) };
    const times = { ...given, x: f64(8, 1, 4, 3, 2, 5), timeMajor: true };
    expect(referenceForward(plan, rows).sequence).toEqual(f64(8, 8, 8, 0, 3, 6.5));
    expect(referenceForward(plan, times).sequence).toEqual(f64(8, 0, 8, 3, 8, 6.5));
    expect(referenceForward(plan, times).states).toEqual(referenceForward(plan, rows).states);
    const byRow = referenceGradient(plan, rows, { sequence: f64(1, 2, 3, 4, 5, 6) });
    const byTime = referenceGradient(plan, times, { sequence: f64(1, 4, 2, 5, 3, 6) });
    const [a, b, c, d, e, f] = byRow.x;
    expect(byTime).toEqual({ ...byRow, x: f64(a, d, b, e, c, f) });
  });

  test('a row with only padded steps ends in its initial state', () => {
    const { sequence, states } = runOneUnit(leaky, LEAKY, x, { ...start, mask: f64(0, 0, 0, 0) });
    expect(sequence).toEqual([16, 16, 16, 16]);
    expect(states).toEqual([16]);
  });

  test('reversed, time runs from the end and outputs stay in place', () => {
    const { sequence, states } = runOneUnit(leaky, LEAKY, x, { ...start, reverse: true });
    expect(sequence).toEqual([11.625, 7.25, 6.5, 9]);
    expect(states).toEqual([sequence[0]]);
  });

  test('reversed with a mask, the repeated output is that of the later step', () => {
    const { sequence } = runOneUnit(leaky, LEAKY, x, { ...start, reverse: true, mask: f64(0, 1, 0, 1) });
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

  test('of a repeated output goes to the step that it repeats', () => {
    const mask = f64(1, 0, 1);
    expect(gradientOf({ mask }, { sequence: f64(0, 1, 0) }).x).toEqual([1, 0, 0]);
    expect(gradientOf({ mask: f64(1, 0, 0) }, { sequence: f64(1, 2, 4) }).x).toEqual([7, 0, 0]);
    expect(gradientOf({ mask, maskedOutput: 'zero' }, { sequence: f64(0, 1, 0) }).x).toEqual([0, 0, 0]);
    expect(gradientOf({ mask }, { states: [f64(1)] }).x).toEqual([0.5, 0, 1]);
  });

  test('of an output before the first unpadded step goes to the initial state', () => {
    const sequence = f64(1, 2, 4);
    const mask = f64(0, 0, 1);
    // h = x + start / 2 at the last step.
    expect(gradientOf({ mask }, { sequence })).toMatchObject({ x: [0, 0, 4], start: [3 + 4 / 2] });
    expect(gradientOf({ mask, maskedOutput: 'zero' }, { sequence }).start).toEqual([2]);
    expect(gradientOf({ mask: f64(1, 0, 0), reverse: true }, { sequence }).start).toEqual([6 + 1 / 2]);
    const { initialStates } = referenceGradient(
      planFor(doubled, { inputSize: 1, units: 1 }),
      { ...inputs, mask },
      { sequence },
    );
    expect([...initialStates[0]]).toEqual([2 * (4 / 2)]);
  });

  test('of no cotangent is zero', () => {
    expect(gradientOf({}, {})).toEqual({ x: [0, 0, 0], kernel: [0], vector: [0], start: [0] });
  });
});

describe('wrong lengths are refused, naming the cell, the array and the shape', () => {
  const plan: Plan = planFor(cells.gru({ resetAfter: false }), { inputSize: 2, units: 3 });
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
    [
      'lengths',
      { lengths: [4, 5] },
      /a length must be a whole number of 0 to 4 \(timesteps\), but that of row 1 is 5/,
    ],
    [
      'a length too few',
      { lengths: [4] },
      /lengths must be 2 numbers, one for each row of the batch, but are 1/,
    ],
    ['lengths and mask', { lengths: [1, 2], mask: new Float64Array(8) }, /lengths or a mask, not both/],
    ['mask', { mask: new Float64Array(7) }, /mask must have the shape \[2, 4\]/],
    ['state', { initialStates: [new Float64Array(5)] }, /initial state h must have the shape \[2, 3\]/],
    [
      'parameters',
      { parameters: [] },
      /takes 3 parameters \(kernel, recurrentKernel, bias\), but was given 0/,
    ],
    ['recurrent masks', { recurrentMasks: [new Float64Array(6)] }, /takes 0 recurrentMasks, but was given 1/],
    ['batch', { batch: -1 }, /batch must be a whole number of at least 0, but is -1/],
    ['half a row', { batch: 1.5 }, /batch must be a whole number of at least 0, but is 1.5/],
    ['no step', { timesteps: 0 }, /timesteps must be a whole number of at least 1, but is 0/],
    ['half a step', { timesteps: 2.5 }, /timesteps must be a whole number of at least 1, but is 2.5/],
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

describe('a list that lacks a state is an error', () => {
  const plan = planFor(cells.lstm(), { inputSize: 2, units: 3 });
  const rows = (length: number) => new Float64Array(length).fill(0.5);
  const inputs: Inputs = { batch: 1, timesteps: 2, x: rows(4), parameters: [rows(24), rows(36), rows(12)] };
  const forward = (initialStates: Inputs['initialStates']) =>
    referenceForward(plan, { ...inputs, initialStates });
  const gradient = (states: Parameters<typeof referenceGradient>[2]['states']) =>
    referenceGradient(plan, inputs, { states });

  test.each([[[]], [[rows(3)]], [[rows(3), rows(3), rows(3)]]])('initial states', (given) => {
    const message = `Cell 'lstm' takes 2 initial states (h, c), but was given ${given.length}: give undefined for zeros.`;
    expect(() => forward(given)).toThrow(new RangeError(message));
  });

  test('state cotangents', () => {
    const message = "Cell 'lstm' takes 2 state cotangents (h, c), but was given 1: give undefined for zeros.";
    expect(() => gradient([rows(3)])).toThrow(new RangeError(message));
  });

  test('undefined means zeros', () => {
    expect(forward([rows(3), undefined])).toEqual(forward([rows(3), new Float64Array(3)]));
    expect(gradient([undefined, rows(3)])).toEqual(gradient([new Float64Array(3), rows(3)]));
  });
});
