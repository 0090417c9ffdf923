import { type OperationName, operations, type Program, type RowAccess } from '@sluice/core/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernelsOnMemory, variants } from './kernels-on-memory.js';

let device: Awaited<ReturnType<typeof kernelsOnMemory>>;
/** Runs one operation over arrays as a program with one row. */
function apply(name: OperationName, a: Float32Array, b: Float32Array, c = b): Float32Array {
  const { kernels, put } = device;
  const program: Program<RowAccess> = {
    loads: [{}, {}, {}],
    constants: [],
    operations: [{ name, inputs: [0, 1, 2].slice(0, operations[name].arity) }],
    stores: [{ value: 3, slot: {} }],
  };
  const compiled = kernels.compile(program, a.length);
  const memories = [put(a), put(b), put(c), put(new Float32Array(a.length))];
  const [first, second, third, result] = memories.map((memory) => ({ memory, offset: 0, stride: a.length }));
  kernels.run(compiled, { loads: [first, second, third], stores: [result] }, 0, 1);
  const values = kernels.view(memories[3]).slice();
  for (const memory of memories) kernels.release(memory);
  return values;
}

const SPECIAL = [
  0,
  -0,
  Number.NaN,
  Infinity,
  -Infinity,
  1,
  -1,
  0.9,
  -0.9,
  2 ** -149,
  2 ** -126,
  3.4e38,
  -3.4e38,
];

/** Every size of number, and densely where activations bend; a length that is no multiple of four. */
function range(): Float32Array {
  const values = [...SPECIAL];
  for (let exponent = -149; exponent < 128; exponent++) {
    for (const mantissa of [1, 1.23, 1.5, 1.97])
      values.push(mantissa * 2 ** exponent, -mantissa * 2 ** exponent);
  }
  for (let x = -120; x <= 120; x += 0.0073) values.push(x);
  for (let x = -5; x <= 5; x += 0.00037) values.push(x);
  while (values.length % 4 !== 3) values.push(0.25);
  return Float32Array.from(values);
}

/** The distance between a float32 number and its neighbours. */
const ulp = (value: number) => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -126) - 23);

/** How many ulps an operation may be off; sigmoid is 0 where it would be subnormal. */
const ULPS: Partial<Record<OperationName, number>> = {
  sigmoid: 2.5,
  tanh: 3.5,
  exp: 2,
  log: 1.5,
  softplus: 3,
  erf: 3,
};

describe.each(variants)('$arithmetic', ({ relaxedSimd }) => {
  beforeAll(async () => {
    device = await kernelsOnMemory(relaxedSimd);
  });

  describe.each(Object.keys(operations) as OperationName[])('%s', (name) => {
    test('over the whole range', () => {
      const a = range();
      const b = Float32Array.from(a, (_, i) => a[(i * 31 + 5) % a.length]);
      const c = Float32Array.from(a, (_, i) => a[(i * 17 + 3) % a.length]);
      const actual = apply(name, a, b, c);
      const allowed = ULPS[name] ?? 0.5;
      const wrong: string[] = [];
      a.forEach((x, i) => {
        const exact = operations[name].evaluate(x, b[i], c[i]);
        const rounded = Math.fround(exact);
        if (Object.is(actual[i], rounded) || actual[i] === rounded) return;
        const smallest = name === 'sigmoid' ? 2 ** -126 : 0;
        const error = Math.abs(actual[i] - exact);
        const close = error <= allowed * ulp(exact) || (Math.abs(exact) < smallest && error < smallest);
        if (!Number.isFinite(rounded) || !close) {
          wrong.push(
            `${name}(${x}, ${b[i]}) = ${actual[i]}, not ${exact}, ${(error / ulp(exact)).toFixed(1)} ulp`,
          );
        }
      });
      expect(wrong.slice(0, 5)).toEqual([]);
    });

    test('an element’s result does not depend on its index', () => {
      const a = range().slice(0, 403);
      const b = a.slice().reverse();
      const whole = apply(name, a, b);
      for (const start of [1, 2, 3]) {
        expect(apply(name, a.slice(start), b.slice(start))).toEqual(whole.slice(start));
      }
    });
  });
});
