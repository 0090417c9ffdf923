import { readFileSync } from 'node:fs';
import { cells, defineCell, type Plan, planFor, referenceForward, referenceGradient } from '@sluice/core';
import { bias, concat, kernel, max, mean, sum } from '@sluice/core/equations';
import { toPyTorch } from '@sluice/core/pytorch';
import { describe, expect, test } from 'vitest';
import {
  type PrintedProblem,
  type PrintedResult,
  printProblem,
  pytorchObstacle,
  runInPyTorch,
} from '../fixtures/printed-problems.js';
import { type Case, plainCase } from '../src/cases.js';
import { randomVariants, variantNamed, variants } from '../src/cells/index.js';
import { own } from '../src/cells/variant.js';

const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/printed-pytorch.json', import.meta.url), 'utf8'),
) as { cases: (PrintedProblem & { result: PrintedResult })[] };

/** Much below float32's rounding: a module that computes in float32 anywhere fails. */
const CLOSE = 1e-12;

/** The largest difference relative to the largest number, over results and gradients. */
function measureDistance(plan: Plan, printed: PrintedProblem, actual: PrintedResult): number {
  const exact = (values: readonly number[]) => Float64Array.from(values);
  const inputs = {
    batch: printed.batch,
    timesteps: printed.timesteps,
    x: exact(printed.x),
    parameters: Object.values(printed.parameters).map(exact),
    initialStates: printed.states.map(exact),
    mask: printed.mask ? exact(printed.mask) : undefined,
    maskedOutput: printed.zeroOutput ? ('zero' as const) : ('repeat' as const),
    reverse: printed.reverse,
  };
  const result = referenceForward(plan, inputs);
  const { sequence, states } = printed.cotangents;
  const gradient = referenceGradient(
    plan,
    inputs,
    { sequence: exact(sequence), states: states.map(exact) },
    result,
  );
  const expected = [
    result.sequence,
    ...result.states,
    gradient.x,
    ...gradient.initialStates,
    ...gradient.parameters,
  ];
  const given = [actual.sequence, ...actual.states, ...actual.gradients];
  expect(given.length).toBe(expected.length);
  return Math.max(
    ...expected.map((values, i) => {
      // PyTorch gives no gradient where nothing depends on the value.
      const numbers = given[i].length > 0 ? given[i] : [...values].fill(0);
      expect(numbers.length).toBe(values.length);
      const size = Math.max(1, ...values.map(Math.abs));
      return Math.max(...numbers.map((number, j) => Math.abs(number - values[j]) / size));
    }),
  );
}

describe('modules printed for PyTorch', () => {
  test.each(fixture.cases)('$name: PyTorch gave the numbers of the reference', ({ result, ...printed }) => {
    const { cell } = variantNamed(printed.name);
    const [, inputSize, units] = /input_size = (\d+)\s+units = (\d+)/.exec(printed.source) ?? [];
    const plan = planFor(cell, { inputSize: Number(inputSize), units: Number(units) });
    expect(toPyTorch(cell, plan)).toBe(printed.source);
    expect(measureDistance(plan, printed, result)).toBeLessThan(CLOSE);
  });

  test('read like the equations', () => {
    const source = toPyTorch(cells.gru({ resetAfter: false }), { inputSize: 3, units: 4 });
    expect(source).toContain('z = torch.sigmoid(W_z_x + U_z_h + b_z)');
    expect(source).toContain('h = z * h_previous + (1 - z) * n');
  });
});

/** Results that are parameters, numbers or rows of one number. */
const unusual = own(
  defineCell({
    name: 'rows that are the same for the batch',
    states: { h: 'units', long: 5, half: 2 },
    parameters: { kernel: { ...kernel('a'), width: 2 }, bias: { ...bias('b', 'c'), width: 2 } },
    equations: ({ x, h }, { kernel: W, bias: b }) => ({
      h: sum(x).add(mean(h)),
      long: concat(b.b, sum(b.c.mul(b.b)), W.a(x)),
      half: sum(x).max(0.5),
      output: concat(b.c, max(b.b)),
    }),
  }),
);

/** Every cell of the suite and random ones, with padded steps, in both directions. */
const cases: Case[] = [...variants, unusual, ...randomVariants].map((variant, i) => ({
  ...plainCase(variant, { batch: 3, timesteps: 4, inputSize: i % 2 === 0 ? 3 : 2, units: 3 }),
  mask: i % 3 === 0 ? 'none' : 'holes',
  maskedOutput: i % 4 < 2 ? 'repeat' : 'zero',
  reverse: i % 5 === 0,
}));

const obstacle = pytorchObstacle();
if (obstacle) console.log(`Modules printed for PyTorch are not run: ${obstacle}.`);

describe.skipIf(obstacle)('in PyTorch', () => {
  test('every cell of the suite has the numbers of the reference', () => {
    const made = cases.map(printProblem);
    const { results } = runInPyTorch(made.map(({ printed }) => printed));
    const far = made
      .map(({ printed, problem }, i) => {
        return { name: printed.name, distance: measureDistance(problem.plan, printed, results[i]) };
      })
      .filter(({ distance }) => !(distance < CLOSE));
    expect(far).toEqual([]);
  });
});
