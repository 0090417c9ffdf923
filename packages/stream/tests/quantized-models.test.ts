import { cells } from '@sluice/core';
import { frameOf } from '@sluice/core/backend';
import { dense, network, recurrent } from '@sluice/core/network';
import { quantizeMatrix } from '@sluice/core/quantized-rows';
import { describe, expect, test } from 'vitest';
import { variants } from '../../conformance/src/cells/index.js';
import * as float16 from '../src/float16.js';
import {
  compareQuantized,
  compileStream,
  createStream,
  createStreamSync,
  type StreamSource,
} from '../src/index.js';
import { numbers, planOf, runBoth, weightsOf } from './problem.js';

const net = network({
  name: 'net',
  inputSize: 40,
  build: (x, use) =>
    use(
      'out',
      dense({ units: 2, activation: 'sigmoid' }),
      use('gru', recurrent({ cell: cells.gru(), units: 48 }), x),
    ),
});
const weights = weightsOf(net, 1);
const frames = Array.from({ length: 6 }, (_, i) => numbers(i + 10)(40));
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i])).reduce((x, y) => Math.max(x, y), 0);

/** Parameters as they are after their matrices were rounded to 8 bits, part by part as products read them. */
function rounded(source: StreamSource, parameters: readonly Float64Array[]): Float64Array[] {
  const { loop } = frameOf(planOf(source));
  const results = parameters.map((values) => values.slice());
  for (const { products } of [...loop.before, ...loop.body]) {
    for (const product of products) {
      if (product.kind !== 'rows') continue;
      const { buffer, firstRow, firstColumn, columns, stride } = product.weights;
      const { source: from } = loop.buffers[buffer];
      if (from?.kind !== 'parameter') expect.fail('a product has another matrix');
      const { whole, scales } = quantizeMatrix(parameters[from.index], product.weights);
      whole.forEach((value, i) => {
        const [row, column] = [firstRow + Math.floor(i / columns), firstColumn + (i % columns)];
        results[from.index][row * stride + column] = value * scales[i % columns];
      });
    }
  }
  return results;
}

describe('cells with matrices in 8 bits, on both backends', () => {
  test.each(variants.map(({ name }, i) => [name, i] as const))('%s', async (_, i) => {
    const source = { cell: variants[i].cell, inputSize: 24, units: 20 };
    const run = (backend: 'wasm' | 'cpu') => runBoth(source, backend, { quantize: 'int8', rounded });
    const [wasm, cpu] = [await run('wasm'), await run('cpu')];
    const scale = wasm.expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    // Numbers of a row that differ in the last bit may be rounded to neighbours.
    expect(largest(wasm.actual, cpu.actual) / scale).toBeLessThan(2e-4);
    // Only the rows are rounded besides: to half of 1/2064.
    const error = largest(wasm.actual, wasm.expected) / scale;
    expect(error).toBeLessThan(1e-3);
  });
});

describe('numbers of 16 bits', () => {
  const { encodeFloat16 } = float16;
  const decodeFloat16 = (half: number) => float16.decodeFloat16(Uint16Array.of(half))[0];
  const all = Array.from({ length: 0x10000 }, (_, half) => half);
  const finite = all.filter((half) => half < 0x7c00).map((half) => [half, decodeFloat16(half)] as const);

  test('are known numbers', () => {
    const known = [0x0000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0x3c01, 0x7bff, 0x7c00, 0xc000, 0xfc00];
    expect(Array.from(float16.decodeFloat16(Uint16Array.from(known)))).toEqual([
      ...[0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, 1, 1 + 2 ** -10],
      ...[65504, Number.POSITIVE_INFINITY, -2, Number.NEGATIVE_INFINITY],
    ]);
    expect(Object.is(decodeFloat16(0x8000), -0)).toBe(true);
    expect(decodeFloat16(0x7e01)).toBeNaN();
    expect(decodeFloat16(encodeFloat16(Number.NaN))).toBeNaN();
  });

  test('are decoded and encoded to the same bits', () => {
    const numbersAlone = all.filter((half) => (half & 0x7fff) <= 0x7c00);
    expect(numbersAlone.map((half) => encodeFloat16(decodeFloat16(half)))).toEqual(numbersAlone);
  });

  test('are the nearest, and of two the even one', () => {
    const wrong: number[] = [];
    for (let i = 0; i + 1 < finite.length; i++) {
      const [[half, low], [next, high]] = [finite[i], finite[i + 1]];
      const [middle, step] = [(low + high) / 2, (high - low) / 64];
      const even = half % 2 === 0 ? half : next;
      const encoded = [middle, middle - step, middle + step, -middle].map(encodeFloat16);
      if (encoded.join() !== [even, half, next, even | 0x8000].join()) wrong.push(half);
    }
    expect(wrong).toEqual([]);
    expect([65519.99, 65520, 1e30, -1e30].map(encodeFloat16)).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00]);
  });
});

describe('models with weights in fewer bits', () => {
  const float32 = compileStream(net, weights);

  test.each([
    ['float16', 1 / 2],
    ['int8', 0.29],
  ] as const)('%s is smaller, and a copy gives the numbers of createStream', async (quantize, share) => {
    const model = compileStream(net, weights, { quantize });
    expect(model.weights.byteLength).toBeLessThanOrEqual(float32.weights.byteLength * share);
    const stream = createStreamSync(structuredClone(model));
    const [wasm, cpu, exact] = [
      await createStream(net, { weights, quantize }),
      await createStream(net, { weights, quantize, backend: 'cpu' }),
      createStreamSync(float32),
    ];
    let difference = 0;
    for (const frame of frames) {
      const result = stream.process(frame);
      expect(result).toEqual(wasm.process(frame));
      expect(largest(result, cpu.process(frame))).toBeLessThan(1e-5);
      difference = Math.max(difference, largest(result, exact.process(frame)));
    }
    expect(difference).toBeGreaterThan(1e-7);
    expect(difference).toBeLessThan(quantize === 'int8' ? 5e-3 : 2e-4);
  });

  test('refuse weights that are cut short, and of another type', () => {
    const model = compileStream(net, weights, { quantize: 'int8' });
    const other = (values: unknown) => () => createStreamSync({ ...model, weights: values as Uint8Array });
    expect(other(model.weights.subarray(4))).toThrow(/weights must have \d+ bytes, but have \d+/);
    expect(other(new Float32Array(model.weights.length))).toThrow(/weights must have \d+ bytes/);
    expect(other(Array.from(model.weights))).toThrow(/weights must have \d+ bytes/);
  });

  test('name parameters that the bits cannot hold, and unknown bits', async () => {
    const withLarge = (value: number) => ({
      ...weights,
      'gru.kernel': weights['gru.kernel'].with(3, value),
      'out.bias': new Float32Array([0, value]),
    });
    expect(() => compileStream(net, withLarge(70_000), { quantize: 'float16' })).toThrow(
      "The weights of 'net' cannot be stored as float16: 'gru.kernel' has 70000; 'out.bias' has 70000. Leave out quantize.",
    );
    compileStream(net, withLarge(70_000), { quantize: 'int8' });
    for (const backend of ['wasm', 'cpu'] as const) {
      const wrong = { weights: withLarge(Number.NaN), quantize: 'int8', backend } as const;
      await expect(createStream(net, wrong)).rejects.toThrow(/'gru.kernel' has NaN at number 3/);
      const unknown = { weights, quantize: 'int4' as never, backend };
      await expect(createStream(net, unknown)).rejects.toThrow(
        "quantize must be 'float16' or 'int8', but is 'int4'.",
      );
    }
  });
});

describe('compareQuantized', () => {
  test('says what two streams say', async () => {
    const report = await compareQuantized(net, weights, frames, { quantize: 'int8', threshold: 0.52 });
    const [exact, rounded] = [
      await createStream(net, { weights }),
      await createStream(net, { weights, quantize: 'int8' }),
    ];
    const outputs = frames.map((frame) => [exact.process(frame).slice(), rounded.process(frame).slice()]);
    const differences = outputs.map(([a, b]) => largest(a, b));
    expect(report.frames).toBe(6);
    expect(report.outputs).toBe(12);
    expect(report.largestDifference).toBe(Math.max(...differences));
    expect(report.largestAt).toBe(differences.indexOf(report.largestDifference));
    const sum = outputs.reduce((total, [a, b]) => total + Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]), 0);
    expect(report.meanDifference).toBeCloseTo(sum / 12, 12);
    expect(report.bytes.quantized).toBe(compileStream(net, weights, { quantize: 'int8' }).weights.byteLength);
  });

  test('counts decisions that flip, for outputs in [0, 1] alone', async () => {
    const exact = await createStream(net, { weights });
    const rounded = await createStream(net, { weights, quantize: 'int8' });
    const [a, b] = [exact.process(frames[0])[1], rounded.process(frames[0])[1]];
    const threshold = (a + b) / 2;
    const between = await compareQuantized(net, weights, frames.slice(0, 1), { quantize: 'int8', threshold });
    expect(between.flips).toBe(1);
    const above = await compareQuantized(net, weights, frames, { quantize: 'int8', threshold: 1 });
    expect(above.flips).toBe(0);
    const cell = { cell: cells.gru(), inputSize: 40, units: 8 };
    const negative = await compareQuantized(cell, weightsOf(cell, 2), frames, { quantize: 'int8' });
    expect(negative.flips).toBeUndefined();
  });

  test('needs frames, a threshold and the bits', async () => {
    const compare = (given: Float32Array[], threshold?: number) =>
      compareQuantized(net, weights, given, { quantize: 'float16', threshold });
    await expect(compare([])).rejects.toThrow('A comparison needs at least one frame');
    await expect(compare(frames, 2)).rejects.toThrow('threshold must be a number from 0 to 1, but is 2.');
    for (const options of [{}, undefined]) {
      await expect(compareQuantized(net, weights, frames, options as never)).rejects.toThrow(
        "needs the bits to compare with float32, { quantize: 'int8' }",
      );
    }
    await expect(compare([new Float32Array(3)])).rejects.toThrow(/has 40 numbers, but was given 3/);
  });
});
