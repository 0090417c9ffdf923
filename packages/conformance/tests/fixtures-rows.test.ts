import { type Cell, type CellFactory, cells, planFor } from '@sluice/core';
import { layouts } from '@sluice/core/layouts';
import { describe, expect, it } from 'vitest';
import { type FixtureCase, loadFixtures } from '../fixtures/load.js';
import { differentiateSide, runSide, type Side } from './side.js';
import { expectClose, values } from './tensors.js';

const TOLERANCE = 1e-12;

/** The cell's weights from the library's: an LSTM with a projection is PyTorch's own, the others have Sluice's names. */
function nativeWeights(
  given: Record<string, Float64Array>,
  sizes: { inputSize: number; units: number; projection?: number },
) {
  const { weightIh, weightHh } = given;
  if (!weightIh || !weightHh) return given;
  return layouts.pytorch.lstm.toNative({ ...given, weightIh, weightHh }, sizes);
}

function check({ layer, config, weights, calls: [call] }: FixtureCase): void {
  const cell: Cell = (cells[layer as keyof typeof cells] as CellFactory)(config as never);
  const [batch, timesteps, inputSize] = call.x.shape;
  const states = call.initialStates ?? [];
  const sizes = {
    inputSize,
    units: states[states.length - 1].shape[1],
    projection: config.projection as number,
  };
  const given = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, values(tensor)]));
  const side: Side = {
    plan: planFor(cell, sizes),
    weights: nativeWeights(given, sizes) as Side['weights'],
    reverse: false,
    initialStates: states.map(values),
  };
  const rows = { batch, timesteps, x: values(call.x), mask: undefined };
  const [output, ...finalStates] = call.outputs;
  const result = runSide(side, rows);
  expectClose(result.sequence, output, TOLERANCE, 'output');
  finalStates.forEach((state, s) => {
    expectClose(result.states[s], state, TOLERANCE, `state ${s}`);
  });
  const [sequence, ...stateCotangents] = (call.cotangents ?? []).map(values);
  const gradient = differentiateSide(side, rows, { sequence, states: stateCotangents });
  const expected = call.gradients;
  if (!expected?.x || !expected.initialStates) throw new Error('the fixture has no gradients');
  expectClose(gradient.x, expected.x, TOLERANCE, 'gradient of x');
  expected.initialStates.forEach((state, s) => {
    expectClose(gradient.initialStates[s], state, TOLERANCE, `gradient of state ${s}`);
  });
  const theirs = Object.fromEntries(
    Object.entries(expected.weights).map(([name, tensor]) => [name, values(tensor)]),
  );
  // The gradient of both of PyTorch's biases is that of their sum.
  const { biasHh: _, ...once } = theirs;
  const native = nativeWeights(once, sizes) as Record<string, Float64Array>;
  for (const [name, numbers] of Object.entries(gradient.weights)) {
    expectClose(numbers, native[name], TOLERANCE, `gradient of ${name}`);
  }
}

describe('cells with rows of several lengths, against PyTorch in float64', () => {
  for (const fixture of loadFixtures('pytorch-rows')) it(fixture.name, () => check(fixture));

  it('a projection goes to PyTorch and back', () => {
    const sizes = { inputSize: 3, units: 4, projection: 2 };
    const plan = planFor(cells.lstm({ projection: 2 }), sizes);
    const native = Object.fromEntries(
      plan.parameters.map(({ name, shape }, p) => [
        name,
        Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => p + i / 100),
      ]),
    );
    const stored = layouts.pytorch.lstm.fromNative(native as never, sizes);
    expect(stored.weightHr).toHaveLength(8);
    expect(layouts.pytorch.lstm.toNative(stored, sizes)).toEqual(native);
    expect(() => layouts.pytorch.lstm.toNative(stored, { inputSize: 3, units: 4 })).toThrow(
      /weightHh has 32 values/,
    );
  });
});
