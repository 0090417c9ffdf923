import { cells, defineCell } from '@sluice/core';
import { bias } from '@sluice/core/equations';
import { dense, network, recurrent } from '@sluice/core/network';
import { describe, expect, test } from 'vitest';
import { compileStream, createStream, createStreamSync } from '../src/index.js';
import { numbers, weightsOf } from './problem.js';

const net = network({
  name: 'net',
  inputSize: 6,
  build: (x, use) =>
    use('out', dense({ units: 2 }), use('gru', recurrent({ cell: cells.gru(), units: 9 }), x)),
});
const weights = weightsOf(net, 1);
const frames = Array.from({ length: 4 }, (_, i) => numbers(i + 10)(6));

describe.each(['wasm', 'cpu'] as const)('a stream on %s', (backend) => {
  const create = () => createStream(net, { weights, backend });
  const run = (stream: Awaited<ReturnType<typeof create>>) =>
    frames.map((frame) => Array.from(stream.process(frame)));

  test('keeps its states, and starts again after reset', async () => {
    const stream = await create();
    const first = run(stream);
    expect(run(stream)).not.toEqual(first);
    stream.reset();
    expect(run(stream)).toEqual(first);
  });

  test('goes back to a snapshot', async () => {
    const stream = await create();
    run(stream);
    const snapshot = stream.snapshot();
    const after = run(stream);
    stream.restore(snapshot);
    expect(run(stream)).toEqual(after);
    expect(() => stream.restore([1, 2])).toThrow(/needs|has \d+ numbers, but was given 2/);
  });

  test('many streams share weights and keep their states apart', async () => {
    const stream = await create();
    const first = run(stream);
    const others = Array.from({ length: 300 }, () => stream.another());
    for (const other of others) expect(run(other)).toEqual(first);
    for (const other of others) other.dispose();
    const again = stream.another();
    expect(run(again)).toEqual(first);
    stream.reset();
    expect(run(stream)).toEqual(first);
  });

  test('a result stays when other streams need more memory', async () => {
    const stream = await create();
    const result = stream.process(frames[0]);
    const before = Array.from(result);
    for (let i = 0; i < 300; i++) stream.another();
    expect(Array.from(result)).toEqual(before);
    expect(stream.process(frames[1])).toBe(result);
  });

  test('refuses frames that do not fit, and keeps its states', async () => {
    const stream = await create();
    const first = run(stream);
    stream.reset();
    expect(() => stream.process(new Float32Array(5))).toThrow(
      'A frame of this stream has 6 numbers, but was given 5.',
    );
    expect(() => stream.process([0, 0, Number.NaN, 0, 0, 0])).toThrow(/number 2 is NaN/);
    expect(() => stream.process([0, 0, 0, Number.POSITIVE_INFINITY, 0, 0])).toThrow(/number 3 is Infinity/);
    expect(() => stream.process([0, 1e39, 0, 0, 0, 0])).toThrow(/number 1 is 1e\+39/);
    expect(run(stream)).toEqual(first);
  });

  test('takes frames also where the equations do not read them', async () => {
    const clock = defineCell({
      name: 'clock',
      states: ['h'],
      parameters: { bias: bias('h') },
      equations: ({ h }, { bias: b }) => ({ h: h.mul(0.5).add(b.h) }),
    });
    const given = { weights: { bias: Float32Array.of(1, 2) }, backend };
    const stream = await createStream({ cell: clock, inputSize: 3, units: 2 }, given);
    expect(stream.inputSize).toBe(3);
    expect([...stream.process([7, 8, 9])]).toEqual([1, 2]);
    expect([...stream.process([7, 8, 9])]).toEqual([1.5, 3]);
  });

  test('cannot be used after dispose', async () => {
    const stream = await create();
    stream.dispose();
    stream.dispose();
    expect(() => stream.process(frames[0])).toThrow(/disposed of/);
  });

  test('names all weights that do not fit', async () => {
    const { 'gru.bias': _, ...rest } = weights;
    const wrong = { ...rest, 'out.kernel': new Float32Array(3), extra: new Float32Array(1) };
    await expect(createStream(net, { weights: wrong, backend })).rejects.toThrow(
      "'gru.bias' [2, 27] is missing; 'out.kernel' [9, 2] needs 18 numbers, but has 3; the network has no parameter 'extra'.",
    );
  });
});

describe('a compiled stream', () => {
  test('is plain data: a copy of it gives the same numbers', async () => {
    const model = compileStream(net, weights);
    const copy = structuredClone(model);
    const stream = createStreamSync(copy);
    const expected = await createStream(net, { weights });
    for (const frame of frames) expect(stream.process(frame)).toEqual(expected.process(frame));
  });

  test('refuses other data, another version and weights that are cut short', () => {
    const model = compileStream(net, weights);
    expect(() => createStreamSync({} as never)).toThrow(/Expected a model of version 1/);
    expect(() => createStreamSync({ ...model, version: 2 as never })).toThrow(/one of version 2/);
    expect(() => createStreamSync({ ...model, weights: model.weights.subarray(1) })).toThrow(
      /weights must have \d+ bytes, but have/,
    );
  });
});

test('an unknown backend and a wrong source are refused', async () => {
  await expect(createStream(net, { weights, backend: 'gpu' as never })).rejects.toThrow(/not 'gpu'/);
  await expect(createStream({} as never)).rejects.toThrow(/needs a network/);
});

test('unknown options are refused', async () => {
  await expect(createStream(net, weights as never)).rejects.toThrow(/createStream has no option gru\.kernel/);
  expect(() => compileStream(net, weights, { quantise: 'int8' } as never)).toThrow(/no option quantise/);
});
