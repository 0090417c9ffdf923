import { describe, expect, test } from 'vitest';
import {
  cells,
  defineCell,
  inspect,
  inspectGradients,
  normsByStep,
  planFor,
  referenceForward,
  referenceGradient,
} from '../src/index.js';
import { magnitude, network, stft } from '../src/network/index.js';
import { problem } from './problem.js';

const SHAPE = { batch: 2, timesteps: 4, inputSize: 3, units: 4 };
const { batch, timesteps, units } = SHAPE;

describe('inspect', () => {
  test.each(Object.keys(cells) as (keyof typeof cells)[])('gives all named values of %s', async (name) => {
    const cell = cells[name]();
    const { plan, inputs } = problem(cell, SHAPE);
    const { steps } = referenceForward(plan, inputs);
    const seen = await inspect(cell, SHAPE, inputs);
    expect(Object.keys(seen)).toEqual(Object.keys(plan.names));
    for (const [value, { values, shape }] of Object.entries(seen)) {
      const [, , width] = shape;
      expect(values.length).toBe(batch * timesteps * width);
      for (const { step, values: evaluated } of steps) {
        const expected = evaluated[plan.names[value]];
        for (let row = 0; row < batch; row++) {
          const at = (row * timesteps + step) * width;
          const ofRow = expected.subarray(
            (row * expected.length) / batch,
            ((row + 1) * expected.length) / batch,
          );
          for (let i = 0; i < width; i++) expect(values[at + i]).toBeCloseTo(ofRow[i % ofRow.length], 12);
        }
      }
    }
  });
});

describe('gradients by step', () => {
  /** The gradient of the states before step `from`, of the loss of the outputs from there on. */
  function gradientOfRest(cell: ReturnType<typeof cells.gru>, from: number) {
    const { plan, inputs, random } = problem(cell, { ...SHAPE, batch: 1 });
    const cotangent = random(timesteps * units);
    const part = (values: Float64Array, width: number, start: number, end: number) =>
      values.subarray(start * width, end * width);
    const before = referenceForward(plan, { ...inputs, timesteps: from, x: part(inputs.x, 3, 0, from) });
    const rest = {
      ...inputs,
      ...{ timesteps: timesteps - from, x: part(inputs.x, 3, from, timesteps), initialStates: before.states },
    };
    const { initialStates } = referenceGradient(plan, rest, {
      sequence: part(cotangent, units, from, timesteps),
    });
    return { plan, inputs, cotangent, initialStates };
  }

  test('of a GRU: what the output gets, and what later steps give back', async () => {
    const cell = cells.gru();
    for (let step = 0; step < timesteps - 1; step++) {
      const { inputs, cotangent, initialStates } = gradientOfRest(cell, step + 1);
      const { states } = await inspectGradients(cell, SHAPE, inputs, { sequence: cotangent });
      for (let i = 0; i < units; i++) {
        const expected = cotangent[step * units + i] + initialStates[0][i];
        expect(states.h.values[step * units + i]).toBeCloseTo(expected, 12);
      }
    }
  });

  test('of an LSTM: the cell state also acts through the output of its own step', async () => {
    const cell = cells.lstm();
    const step = 1;
    const { inputs, cotangent, initialStates } = gradientOfRest(cell, step + 1);
    const { states, x } = await inspectGradients(cell, SHAPE, inputs, { sequence: cotangent });
    const seen = await inspect(cell, SHAPE, inputs);
    for (let i = 0; i < units; i++) {
      const at = step * units + i;
      const ofOutput = cotangent[at] + initialStates[0][i];
      const { o, c } = { o: seen.o.values[at], c: seen.c.values[at] };
      expect(states.h.values[at]).toBeCloseTo(ofOutput, 12);
      expect(states.c.values[at]).toBeCloseTo(
        initialStates[1][i] + ofOutput * o * (1 - Math.tanh(c) ** 2),
        12,
      );
    }
    const plan = planFor(cell, SHAPE);
    expect(x.values).toEqual(referenceGradient(plan, inputs, { sequence: cotangent }).x);
  });

  test('vanish in a simple RNN with small weights, and their norms say so', async () => {
    const cell = cells.simpleRnn();
    const { inputs } = problem(cell, { ...SHAPE, batch: 1, timesteps: 20 });
    const small = { ...inputs, parameters: inputs.parameters.map((values) => values.map((v) => 0.3 * v)) };
    const last = new Float64Array(units).fill(1);
    const { states } = await inspectGradients(cell, SHAPE, small, { states: [last] });
    const norms = normsByStep(states.h);
    expect(norms.length).toBe(20);
    expect(norms[19]).toBeCloseTo(Math.sqrt(units), 12);
    expect(norms[0]).toBeLessThan(1e-6);
    for (let step = 1; step < 20; step++) expect(norms[step]).toBeGreaterThan(norms[step - 1]);
  });

  test('of a state that is an input: what reads the input reads no probe', async () => {
    const cell = defineCell({
      name: 'delay',
      states: ['a', 'b'],
      parameters: {},
      equations: ({ x, a, b }) => ({ a: x, b: a, output: x.mul(3).add(a.mul(5)).add(b.mul(7)) }),
    });
    const inputs = { batch: 1, timesteps: 3, x: [1, 2, 3], parameters: [] };
    const { states } = await inspectGradients(cell, { inputSize: 1, units: 1 }, inputs, {
      sequence: [1, 1, 1],
    });
    expect([...states.a.values]).toEqual([12, 5, 0]);
    expect([...states.b.values]).toEqual([7, 7, 0]);
  });

  test('of an x that is too short are refused', async () => {
    const { inputs } = problem(cells.gru(), SHAPE);
    const short = { ...inputs, x: [1, 2] };
    await expect(inspectGradients(cells.gru(), SHAPE, short, {})).rejects.toThrow(
      /must have 2 × 4 × 3 = 24 numbers, but has 2/,
    );
  });

  test('of magnitudes are 0 at silence', () => {
    const net = network({
      name: 'net',
      inputSize: 4,
      build: (x, use) => use('m', magnitude(), use('s', stft({ frameLength: 4 }), x)),
    });
    const plan = planFor(net, net.sizes);
    const parameters = plan.parameters.map(({ name }) =>
      Float64Array.from(net.fixed.get(name) as Float32Array),
    );
    const inputs = { batch: 1, timesteps: 1, x: new Float64Array(4), parameters };
    const { x } = referenceGradient(plan, inputs, { sequence: new Float64Array(3).fill(1) });
    expect([...x].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });
});
