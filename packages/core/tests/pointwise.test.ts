import { describe, expect, test } from 'vitest';
import { type ArrayPlace, operations, type Program, pointwiseProgram } from '../src/backend/index.js';
import { Expression, sqrt } from '../src/equations/index.js';

/** What a program makes of one number of each load. */
function run(
  { loads, constants, operations: steps, stores }: Program<ArrayPlace>,
  ...numbers: number[]
): number[] {
  expect(numbers).toHaveLength(loads.length);
  const values = [...numbers, ...constants];
  for (const { name, inputs } of steps) {
    values.push(operations[name].evaluate(values[inputs[0]], values[inputs[1]]));
  }
  return stores.map(({ value }) => values[value]);
}

describe('a program of equations alone', () => {
  test('loads in the order of the names, stores in the order of the results', () => {
    const program = pointwiseProgram(['a', 'b', 'c'], ({ a, b, c }) => [
      c.sub(sqrt(b)).mul(0.5),
      a.div(b.add(1)),
      b,
    ]);
    expect(run(program, 6, 4, 9)).toEqual([3.5, 1.2, 4]);
    const arrays = [{ array: 0 }, { array: 1 }, { array: 2 }];
    expect(program.loads).toEqual(arrays);
    expect(program.stores.map(({ slot }) => slot)).toEqual(arrays);
  });

  test('computes a value once that is used twice', () => {
    const program = pointwiseProgram(['a', 'b'], ({ a, b }) => [a.mul(b).add(1), a.mul(b).neg()]);
    expect(program.operations.map(({ name }) => name)).toEqual(['mul', 'add', 'neg']);
  });

  test('refuses names that are not loaded and loads that are not used', () => {
    const x = new Expression({ kind: 'input' });
    expect(() => pointwiseProgram(['a'], ({ a }) => [a.add(x)])).toThrow(
      /loads a, but .* something else, of kind 'input'/,
    );
    expect(() => pointwiseProgram(['a', 'b', 'c'], ({ b }) => [b.neg()])).toThrow(/does not use a, c\.$/);
  });
});
