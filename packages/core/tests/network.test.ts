import { describe, expect, test } from 'vitest';
import { recurrentKernel, tanh, zeros } from '../src/equations/index.js';
import {
  cellFromData,
  cells,
  cellToData,
  defineCell,
  explain,
  latex,
  planFor,
  referenceForward,
  referenceGradient,
} from '../src/index.js';
import { conv1d, dense, network, recurrent, reshape, stft } from '../src/network/index.js';
import { numbers, problem } from './problem.js';

const whole = network({
  name: 'whole',
  inputSize: 8,
  build: (x, use) => {
    const spectrum = use('stft', stft({ frameLength: 4, hop: 2 }), x);
    const same = use('same', conv1d({ filters: 3, kernelSize: 3, padding: 'same' }), spectrum);
    const causal = use('causal', conv1d({ filters: 2, kernelSize: 2, padding: 'causal' }), same);
    const memory = use('gru', recurrent({ cell: cells.gru(), units: 3 }), use('pairs', reshape(2), causal));
    return use('out', dense({ units: 2, activation: 'tanh' }), memory);
  },
});

describe('a network of blocks', () => {
  const plan = planFor(whole, whole.sizes);

  test('has the parameters and states of its blocks; a block knows its own numbers', () => {
    expect(plan.parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['stft.transform', 4, 6],
      ['same.kernel', 18, 3],
      ['same.bias', 3],
      ['causal.kernel', 6, 2],
      ['causal.bias', 2],
      ['gru.kernel', 4, 9],
      ['gru.recurrentKernel', 3, 9],
      ['gru.bias', 2, 9],
      ['out.kernel', 3, 2],
      ['out.bias', 2],
    ]);
    expect(plan.states).toEqual(['stft.past', 'causal.past', 'gru.h']);
    expect(plan.stateWidths).toEqual([2, 3, 3]);
    expect([...whole.fixed.keys()]).toEqual(['stft.transform']);
  });

  test('its gradient is that of central differences', () => {
    const { inputs } = problem(whole, { ...whole.sizes, batch: 1, timesteps: 2 });
    const random = numbers(3);
    const result = referenceForward(plan, inputs);
    const cotangent = random(result.sequence.length);
    const { x } = referenceGradient(plan, inputs, { sequence: cotangent }, result);
    const lossAt = (i: number, step: number) => {
      const moved = Float64Array.from(inputs.x);
      moved[i] += step;
      const { sequence } = referenceForward(plan, { ...inputs, x: moved });
      return sequence.reduce((sum, value, k) => sum + value * cotangent[k], 0);
    };
    for (let i = 0; i < x.length; i++) {
      expect(x[i]).toBeCloseTo((lossAt(i, 1e-5) - lossAt(i, -1e-5)) / 2e-5, 6);
    }
  });

  test('is saved as data and can be printed', () => {
    const again = cellFromData(JSON.parse(JSON.stringify(cellToData(whole, whole.sizes))));
    const { inputs } = problem(whole, { ...whole.sizes, batch: 1, timesteps: 2 });
    const of = (cell: typeof again) => referenceForward(planFor(cell, whole.sizes), inputs).sequence;
    expect(of(again)).toEqual(of(whole));
    expect(latex(whole, whole.sizes)).toContain('x_t');
    expect(explain(whole, whole.sizes)).toContain('gru.h');
  });

  test('has one pair of sizes', () => {
    expect(() => planFor(whole, { inputSize: 9, units: 2 })).toThrow(/frames of 8 numbers and 4 results/);
  });
});

describe('zeros', () => {
  test('multiply nothing and add nothing', () => {
    const cell = defineCell({
      name: 'zeros',
      states: ['h'],
      parameters: { U: recurrentKernel('h') },
      equations: ({ h }, { U }, { units }) => ({ h: tanh(h.add(zeros(units)).add(U.h(zeros(units)))) }),
    });
    const plan = planFor(cell, { inputSize: 1, units: 3 });
    expect(plan.products).toEqual([]);
    expect(plan.nodes[plan.newStates[0]]).toMatchObject({ kind: 'operation', name: 'tanh' });
  });

  test('have a positive length', () => {
    expect(() => zeros(0)).toThrow('zeros: length must be a whole number of at least 1, but is 0.');
  });
});
