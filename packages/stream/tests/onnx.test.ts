import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createStream } from '../src/index.js';
import { type FromOnnxOptions, fromOnnx } from '../src/onnx/from-onnx.js';
import { expectClose } from './problem.js';

interface Call {
  readonly options: FromOnnxOptions;
  readonly states: Readonly<Record<string, string>>;
  readonly frames: readonly { readonly x: number[]; readonly y: number[] }[];
}

const fixtures = new URL('../fixtures/', import.meta.url);
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(`onnx/${name}.onnx`, fixtures)));
const calls: Record<string, Call> = JSON.parse(readFileSync(new URL('onnx-calls.json', fixtures), 'utf8'));

describe.each(Object.keys(calls))('%s computes what onnxruntime computes', (name) => {
  const { options, states, frames } = calls[name]!;

  test.each(['wasm', 'cpu'] as const)('on %s', async (backend) => {
    const model = await fromOnnx(bytesOf(name), options);
    expect(Object.fromEntries(model.states.map(({ input, output }) => [input, output]))).toEqual(states);
    const stream = await createStream(model.network, { weights: model.weights, backend });
    for (const { x, y } of frames) expectClose(stream.process(x), y);
    stream.dispose();
  });
});

describe('what must be given', () => {
  const message = (bytes: Uint8Array, options?: FromOnnxOptions) =>
    fromOnnx(bytes, options).then(
      () => 'no error',
      (error: Error) => error.message,
    );

  test('free axes and integers, all in one error', async () => {
    expect(await message(bytesOf('nodes'))).toBe(
      "the bytes: give the input 'rate', whose numbers are integers: inputs: { rate: … }; the size 'steps', axis 1 of 'x' " +
        "[batch, steps, 4]: sizes: { 'steps': … }.",
    );
  });

  test('names that exist', async () => {
    expect(await message(bytesOf('detector'), { sizes: { sample: 8 } })).toContain(
      'there is no input or axis sample; there are x, h, samples',
    );
    expect(await message(bytesOf('detector'), { states: { h: 'y', g: 'hn' } })).toContain(
      'there is no input g',
    );
    expect(await message(bytesOf('detector'), { size: 1 } as FromOnnxOptions)).toContain('no option size');
  });

  test('a state as large as its output', async () => {
    const options = { sizes: { samples: 8 }, states: { h: 'y' } };
    expect(await message(bytesOf('detector'), options)).toContain(
      'the state h has the shape [1, 1, 4], but y has [1, 2]',
    );
  });

  test('a shape instead of sizes, and inputs instead of states', async () => {
    const model = await fromOnnx(bytesOf('detector'), { sizes: { x: [1, 2, 6] }, states: {} });
    expect(model.inputs).toEqual([
      { name: 'x', shape: [1, 2, 6], start: 0, length: 12 },
      { name: 'h', shape: [1, 1, 4], start: 12, length: 4 },
    ]);
    expect(model.outputs.map(({ name, start, length }) => [name, start, length])).toEqual([
      ['y', 0, 2],
      ['hn', 2, 4],
    ]);
  });

  test('every node that no stream can compute is named, and those that are not needed are not', async () => {
    const text = await message(bytesOf('unknown'), { sizes: { time: 3 } });
    expect(text).toContain('3 of its nodes: node first (NonZero) is no operation of streams');
    expect(text).toContain('node second (Fancy) is no operation of streams');
    expect(text).toContain('node third (Reshape): the shape [3, 4] cannot become [7] (inputs: [3, 4], [1])');
    expect(text).not.toMatch(/unused|last|reads_/);
  });
});

test('a node may have any name, also that of the states', async () => {
  const { options, frames } = calls.detector!;
  const bytes = Buffer.from(bytesOf('detector'));
  const node = bytes.indexOf('\x1a\x0a/conv/Conv');
  expect(node).toBeGreaterThan(0);
  bytes.write('the states', node + 2, 'latin1');
  const { network, weights } = await fromOnnx(new Uint8Array(bytes), options);
  const stream = await createStream(network, { weights });
  for (const { x, y } of frames) expectClose(stream.process(x), y);
});

describe('files that are damaged or ask for too much end at once', () => {
  test('more numbers than a stream can have', async () => {
    const error = await fromOnnx(bytesOf('huge'), { sizes: { time: 3 } }).catch((reason: Error) => reason);
    expect(error).toHaveProperty('name', 'FormatError');
    expect((error as Error).message).toMatch(/node tile .*node pad .*node expand /);
  });

  test.each(Object.keys(calls))('%s with changed bytes', async (name) => {
    const { options } = calls[name]!;
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let refused = 0;
    for (let i = 0; i < 60; i++) {
      const bytes = bytesOf(name).slice(0, i % 3 === 0 ? random(2000) : undefined);
      if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      const error = await fromOnnx(bytes, options).catch((reason: Error) => reason);
      if (!(error instanceof Error)) continue;
      refused++;
      expect(['FormatError', 'TypeError']).toContain(error.name);
      expect(error.message).toMatch(/^the bytes: /);
    }
    expect(refused).toBeGreaterThan(20);
  });
});
