import { cells, planFor } from '@sluice/core';
import {
  type ArrayPlace,
  loopOf,
  type OperationName,
  operations,
  type Program,
  type Reference,
  type Rows,
} from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { fuse } from '../src/engine/fuse.js';
import { fusions, type Pattern } from '../src/engine/fused-loops.js';
import { loops } from '../src/engine/loops.js';
import { compile, run } from '../src/engine/program.js';

const UNITS = 6;

/** Every store of a program for one element, computed operation by operation in float64. */
function expected(program: Program<Reference>, loads: readonly number[]): number[] {
  const values = [...loads, ...program.constants];
  for (const { name, inputs } of program.operations) {
    values.push(operations[name].evaluate(...inputs.map((input) => values[input])));
  }
  return program.stores.map(({ value }) => values[value]);
}

function programs(): [string, Program<Reference>][] {
  const variants = [
    cells.gru(),
    cells.gru({ resetAfter: true }),
    cells.lstm({ peephole: true }),
    cells.sru(),
    cells.minGru(),
  ];
  return variants.flatMap((cell) => {
    const plan = planFor(cell, { inputSize: UNITS, units: UNITS });
    return (['training', 'gradient'] as const).flatMap((pass) => {
      const { body } = loopOf(plan, pass, { masked: 'repeat', x: 'steps' });
      return body.map(({ program }, i): [string, Program<Reference>] => [
        `${cell.name} ${pass} ${i}`,
        program,
      ]);
    });
  });
}

describe('a compiled program computes what its operations say', () => {
  for (const [name, program] of programs()) {
    test(name, () => {
      // More rows than fit one tile, so that tiles meet.
      const count = 400;
      const rows = (seed: number): Rows<Float32Array> => ({
        memory: Float32Array.from({ length: count * (UNITS + 1) + 2 }, (_, i) => Math.sin(seed * 5 + i)),
        offset: 2,
        stride: UNITS + 1,
      });
      const loads = program.loads.map((_, i) => rows(i));
      const stores = program.stores.map(({ slot }) =>
        slot.sum ? { memory: new Float32Array(UNITS), offset: 0, stride: 0 } : rows(99),
      );
      run(compile(program, UNITS), { loads, stores }, 0, count);
      const sums = program.stores.map(() => new Float64Array(UNITS));
      for (let row = 0; row < count; row++) {
        for (let j = 0; j < UNITS; j++) {
          const element = ({ memory, offset, stride }: Rows<Float32Array>, column = j) =>
            memory[offset + row * stride + column];
          const loaded = loads.map((rows, i) => element(rows, program.loads[i].spread ? 0 : j));
          expected(program, loaded).forEach((value, s) => {
            sums[s][j] += value;
            if (stores[s].stride !== 0) expect(Math.abs(element(stores[s]) - value)).toBeLessThan(2e-6);
          });
        }
      }
      stores.forEach(({ memory, stride }, s) => {
        if (stride === 0) for (let j = 0; j < UNITS; j++) expect(memory[j]).toBeCloseTo(sums[s][j], 3);
      });
    });
  }
});

describe('fuse', () => {
  const program = (names: Program<ArrayPlace>['operations'], stores: number[]): Program<ArrayPlace> => ({
    loads: [{ array: 0 }, { array: 1 }, { array: 2 }],
    constants: [],
    operations: names,
    stores: stores.map((value) => ({ value, slot: { array: 0 } })),
  });

  test('makes one pass of a gate between two rows', () => {
    const gate: Program<ArrayPlace>['operations'] = [
      { name: 'oneMinus', inputs: [0] },
      { name: 'mul', inputs: [1, 0] },
      { name: 'mul', inputs: [2, 3] },
      { name: 'add', inputs: [5, 4] },
    ];
    const passes = fuse(program(gate, [6]));
    expect(passes).toHaveLength(1);
    expect(passes[0].operands).toEqual([0, 1, 2]);
  });

  test('leaves a result alone that has another use or is stored', () => {
    const sums: Program<ArrayPlace>['operations'] = [
      { name: 'mul', inputs: [0, 1] },
      { name: 'add', inputs: [3, 2] },
    ];
    expect(fuse(program(sums, [4]))).toHaveLength(1);
    expect(fuse(program(sums, [4, 3])).map(({ loop }) => loop)).toEqual([loops.mul, loops.add]);
  });
});

describe('one pass of several operations', () => {
  const letters = ['a', 'b', 'c'];
  /** The operations of a pattern over three loads, and the number of the result. */
  function operationsOf(pattern: Pattern, operations: { name: OperationName; inputs: number[] }[]): number {
    if (typeof pattern === 'string') return letters.indexOf(pattern);
    const [name, ...parts] = pattern;
    const inputs = parts.map((part) => operationsOf(part, operations));
    return letters.length + operations.push({ name, inputs }) - 1;
  }

  test.each(fusions.map((fusion) => [JSON.stringify(fusion.pattern), fusion] as const))(
    '%s has the bits of its operations one by one',
    (_, { pattern, loop }) => {
      const operations: { name: OperationName; inputs: number[] }[] = [];
      operationsOf(pattern, operations);
      const length = 1003;
      const row = (seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i));
      const values = [row(1), row(2), row(3)];
      for (const { name, inputs } of operations) {
        const out = new Float32Array(length);
        const [a, b = a, c = a] = inputs.map((input) => values[input]);
        loops[name](out, 0, a, 0, b, 0, c, 0, length);
        values.push(out);
      }
      const out = new Float32Array(length);
      loop(out, 0, values[0], 0, values[1], 0, values[2], 0, length);
      expect(out).toEqual(values.at(-1));
    },
  );
});

describe('loops', () => {
  const special = [0, -0, 1e-30, 1e-6, 0.3, 1, 5, 20, 90, 200, 1e30, Number.POSITIVE_INFINITY, Number.NaN];
  const inputs = Float32Array.from([...special, ...special.map((x) => -x)]);
  for (const name of Object.keys(operations) as (keyof typeof operations)[]) {
    test(`${name} over the whole range, NaN and infinity included`, () => {
      for (const other of [1, 0.5, -3]) {
        const second = new Float32Array(inputs.length).fill(other);
        const third = second.map((value) => 2 * value);
        const out = new Float32Array(inputs.length);
        loops[name](out, 0, inputs, 0, second, 0, third, 0, inputs.length);
        out.forEach((value, i) => {
          const exact = Math.fround(operations[name].evaluate(inputs[i], other, 2 * other));
          if (Number.isFinite(exact)) {
            // Results below 1e−37 may round to zero.
            expect(Math.abs(value - exact), `${name}(${inputs[i]})`).toBeLessThanOrEqual(
              2e-7 * Math.abs(exact) + 1e-37,
            );
          } else expect(value, `${name}(${inputs[i]})`).toBe(exact);
        });
      }
    });
  }
});
