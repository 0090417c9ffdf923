import { describe, expect, test } from 'vitest';
import { cells, compose, planFor, referenceForward, referenceGradient } from '../src/index.js';
import { numbers } from './problem.js';

const network = compose({
  name: 'network',
  parts: [
    { cell: cells.gru({ resetAfter: true }), units: 5 },
    { dense: 'tanh', units: 3, name: 'middle' },
    { cell: cells.lstm(), units: 4 },
    { cell: cells.sru(), name: 'last' },
    { dense: 'sigmoid', units: 2, useBias: false },
  ],
});
const SIZES = { inputSize: 3, units: 6 };
const [batch, timesteps] = [2, 4];

describe('a composed cell', () => {
  const plan = planFor(network, SIZES);
  const random = numbers(5);
  const inputs = {
    batch,
    timesteps,
    x: random(batch * timesteps * 3),
    parameters: plan.parameters.map(({ shape }) => random(shape.reduce((a, b) => a * b))),
    initialStates: plan.stateWidths.map((width) => random(batch * width)),
  };

  test('has the states and parameters of its parts', () => {
    expect(plan.states).toEqual(['gru1.h', 'lstm3.h', 'lstm3.c', 'last.c']);
    expect(plan.stateWidths).toEqual([5, 4, 4, 6]);
    expect(plan.outputWidth).toBe(2);
    expect(plan.parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['gru1.kernel', 3, 15],
      ['gru1.recurrentKernel', 5, 15],
      ['gru1.bias', 2, 15],
      ['middle.kernel', 5, 3],
      ['middle.bias', 3],
      ['lstm3.kernel', 3, 16],
      ['lstm3.recurrentKernel', 4, 16],
      ['lstm3.bias', 16],
      ['last.kernel', 4, 24],
      ['last.recurrentVector', 12],
      ['last.bias', 12],
      ['dense5.kernel', 6, 2],
    ]);
  });

  test('gives what its parts give, one after the other', () => {
    const { sequence, states } = referenceForward(plan, inputs);
    const { parameters, initialStates } = inputs;
    const run = (
      cell: ReturnType<typeof cells.gru>,
      units: number,
      x: Float64Array,
      p: number,
      s: number,
    ) => {
      const own = planFor(cell, { inputSize: x.length / (batch * timesteps), units });
      const [firstParameter, firstState] = [parameters.slice(p, p + own.parameters.length), s];
      return referenceForward(own, {
        ...{ batch, timesteps, x, parameters: firstParameter },
        initialStates: initialStates.slice(firstState, firstState + own.states.length),
      });
    };
    const dense = (
      x: Float64Array,
      [weights, b]: Float64Array[],
      width: number,
      act: (v: number) => number,
    ) => {
      const depth = weights.length / width;
      return Float64Array.from({ length: (x.length / depth) * width }, (_, i) => {
        const [row, column] = [Math.floor(i / width), i % width];
        let total = b?.[column] ?? 0;
        for (let k = 0; k < depth; k++) total += x[row * depth + k] * weights[k * width + column];
        return act(total);
      });
    };
    const first = run(cells.gru({ resetAfter: true }), 5, inputs.x, 0, 0);
    const middle = dense(first.sequence, parameters.slice(3, 5), 3, Math.tanh);
    const third = run(cells.lstm(), 4, middle, 5, 1);
    const last = run(cells.sru(), 6, third.sequence, 8, 3);
    const expected = dense(last.sequence, parameters.slice(11), 2, (v) => 1 / (1 + Math.exp(-v)));
    sequence.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12);
    });
    const parts = [...first.states, ...third.states, ...last.states];
    states.forEach((state, s) => {
      state.forEach((value, i) => {
        expect(value).toBeCloseTo(parts[s][i], 12);
      });
    });
  });

  test('has the gradient of central differences', () => {
    const squares = () => referenceForward(plan, inputs).sequence.reduce((sum, v) => sum + v * v, 0);
    const { sequence } = referenceForward(plan, inputs);
    const gradient = referenceGradient(plan, inputs, { sequence: sequence.map((v) => 2 * v) });
    const arrays = [inputs.x, ...inputs.parameters, ...inputs.initialStates];
    const gradients = [gradient.x, ...gradient.parameters, ...gradient.initialStates];
    arrays.forEach((values, a) => {
      const i = Math.floor(values.length / 2);
      const given = values[i];
      values[i] = given + 1e-6;
      const above = squares();
      values[i] = given - 1e-6;
      const below = squares();
      values[i] = given;
      expect(gradients[a][i]).toBeCloseTo((above - below) / 2e-6, 7);
    });
  });

  test.each([
    [{ name: 'n', parts: [] }, /parts of 'n' must be a list/],
    [{ name: 'n', parts: [{ cell: cells.gru }] }, /part 0 of 'n' must be/],
    [{ name: 'n', parts: [{ dense: 'tanh' }] }, /no part with a state/],
    [{ name: 'n', parts: [{ cell: cells.gru(), units: 0 }] }, /units of part 0 of 'n' .* are 0/],
    [
      {
        name: 'n',
        parts: [
          { cell: cells.gru(), name: 'a' },
          { cell: cells.gru(), name: 'a' },
        ],
      },
      /two parts named 'a'/,
    ],
    [{ name: 'n', parts: [{ cell: cells.gru() }, { dense: 'tan' }] }, /tan/],
  ])('refuses %#', (given, message) => {
    expect(() => compose(given as never)).toThrow(message);
  });
});
