import { type Cell, planFor, type Sizes } from '@sluice/core';
import type { FixtureCase, Tensor } from '../fixtures/load.js';
import { differentiateSide, runSide, type Side } from './side.js';
import { expectClose, values } from './tensors.js';

const TOLERANCE = 1e-12;

/** Compares a cell's outputs, last states and gradients with a fixture whose weights have Sluice's names and shapes. */
export function checkNativeCell({ weights, calls: [call] }: FixtureCase, cell: Cell, sizes: Sizes): void {
  const [batch, timesteps] = call.x.shape;
  const side: Side = {
    plan: planFor(cell, sizes),
    weights: numbersOf(weights) as Side['weights'],
    reverse: false,
    initialStates: call.initialStates?.map(values),
  };
  const rows = { batch, timesteps, x: values(call.x), mask: undefined };
  const [output, ...finalStates] = call.outputs;
  const result = runSide(side, rows);
  expectClose(result.sequence, output, TOLERANCE, 'output');
  finalStates.forEach((state, s) => {
    expectClose(result.states[s], state, TOLERANCE, `state ${s}`);
  });
  const [sequence, ...states] = (call.cotangents ?? []).map(values);
  const gradient = differentiateSide(side, rows, { sequence, states });
  const expected = call.gradients;
  if (!expected?.x || !expected.initialStates) throw new Error('the fixture has no gradients');
  expectClose(gradient.x, expected.x, TOLERANCE, 'gradient of x');
  expected.initialStates.forEach((state, s) => {
    expectClose(gradient.initialStates[s], state, TOLERANCE, `gradient of state ${s}`);
  });
  const theirs = numbersOf(expected.weights);
  for (const [name, numbers] of Object.entries(gradient.weights)) {
    expectClose(numbers, theirs[name], TOLERANCE, `gradient of ${name}`);
  }
}

const numbersOf = (tensors: Readonly<Record<string, Tensor>>): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, values(tensor)]));
