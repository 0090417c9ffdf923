import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModel } from '@sluice/formats';
import { createStream } from '@sluice/stream';
import { fromModel, type ModelPort } from '@sluice/stream/model';
import { fromOnnx } from '@sluice/stream/onnx';
import { describe, expect, test } from 'vitest';
import { scratchFolder, sluice, writeArrays } from './command-line.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/stream/fixtures/onnx/${name}.onnx`, import.meta.url));
const detector = fixture('detector');
const ofKeras = (name: string) =>
  fileURLToPath(new URL(`../../../packages/stream/fixtures/keras/${name}.keras`, import.meta.url));
const values = Float32Array.from({ length: 40 * 16 }, (_, i) => Math.sin(i * i));

/** A file of frames. */
function framesIn(
  shape: readonly number[] = [40, 1, 2, 8],
  numbers: ArrayLike<number> = values,
  name = 'x',
): string {
  const path = join(scratchFolder(), 'frames.npz');
  writeArrays(path, { [name]: { shape, values: numbers } });
  return path;
}

describe('sluice check --quantize', () => {
  test.each(['float16', 'int8'] as const)('says what %s does to a network', async (quantize) => {
    const { network, weights } = await fromOnnx(detector, { sizes: { samples: 8 } });
    const streams = await Promise.all([
      createStream(network, { weights }),
      createStream(network, { weights, quantize }),
    ]);
    let largest = 0;
    let flips = 0;
    for (let at = 0; at < values.length; at += 16) {
      const [exact, rounded] = streams.map((stream) => stream.process(values.subarray(at, at + 16)));
      exact!.forEach((value, i) => {
        largest = Math.max(largest, Math.abs(value - rounded![i]!));
        if (value >= 0.5 !== rounded![i]! >= 0.5) flips++;
      });
    }
    const { status, output, error } = await sluice(
      ...['check', detector, '--quantize', quantize, '--data', framesIn(), '--size', 'samples=8'],
    );
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(output).toContain(`detector.onnx with ${quantize} weights: `);
    expect(output).toContain(
      `40 frames, 80 outputs: the largest difference is ${largest.toExponential(1)} (`,
    );
    expect(output).toContain(`${flips} of 80 decisions at 0.5 flip.\n`);
  });

  test('ends with 1 above a tolerance, and says when there are no decisions', async () => {
    const run = (tolerance: string) =>
      sluice(
        ...['check', fixture('sequence'), '--quantize', 'int8', '--tolerance', tolerance],
        ...['--data', framesIn([2, 15], values.subarray(0, 30))],
      );
    expect(await run('0.5')).toMatchObject({
      status: 0,
      output: expect.stringContaining('so there are no decisions to compare'),
    });
    expect(await run('1e-9')).toMatchObject({ status: 1 });
  });

  test('models of Keras: frames of one time step or of several, two inputs, notes', async () => {
    const two = fromModel(await readModel(ofKeras('branches')), { timesteps: 2 });
    const arrays = Object.fromEntries(
      two.inputs.map(({ name, shape, length }) => [
        name,
        { shape: [3, ...shape], values: values.subarray(0, 3 * length) },
      ]),
    );
    expect(two.inputs.length).toBe(2);
    const path = join(scratchFolder(), 'frames.npz');
    writeArrays(path, arrays);
    const run = (name: string, ...more: string[]) =>
      sluice('check', ofKeras(name), '--quantize', 'int8', '--data', path, ...more);
    const branches = await run('branches', '--size', 'timesteps=2');
    expect(branches).toMatchObject({ status: 0, error: '' });
    expect(branches.output).toContain(`3 frames, ${3 * two.network.sizes.units} outputs: `);
    const { inputs, notes } = fromModel(await readModel(ofKeras('frames')), { timesteps: 8 });
    const [{ length }] = inputs as [ModelPort];
    writeArrays(path, { x: { shape: [1, length], values: values.subarray(0, length) } });
    const frames = await run('frames', '--size', 'timesteps=8');
    expect(frames.error).toBe(notes.map((note) => `note: ${note}\n`).join(''));
    expect(notes.length).toBeGreaterThan(0);
  });

  const keras = ofKeras('causal');
  const check = [detector, '--quantize', 'int8', '--data'];
  test.each([
    [() => [detector, '--data', 'x.npz'], '--data needs --quantize float16|int8.'],
    [() => [detector, '--quantize', 'int8'], '--quantize needs --data FILE, a .npz of frames.'],
    [() => [...check, framesIn(), '--against', 'a.npz'], '--against is not for --quantize.'],
    [() => [...check, framesIn()], "sizes: { 'samples': … }.\nSizes are given as --size NAME=NUMBER"],
    [() => [...check, framesIn(), '--size', 'samples'], '--size samples: expected NAME=NUMBER'],
    [() => [...check, framesIn(), '--threshold', '2'], '--threshold must be a number from 0 to 1'],
    [
      () => [...check, framesIn([16, 40]), '--size', 'samples=8'],
      'x must have the shape [frames, 1, 2, 8], but has [16, 40]',
    ],
    [
      () => [...check, framesIn([40, 16], values, 'y'), '--size', 'samples=8'],
      'expected the array x [frames, 1, 2, 8], but it has y',
    ],
    [
      () => [keras, '--quantize', 'int8', '--data', framesIn(), '--input', 'sr=1'],
      '--input is for .onnx files',
    ],
    [() => [keras, '--quantize', 'int8', '--data', framesIn(), '--size', 'steps=1'], 'it has timesteps'],
  ])('an error says what is wrong', async (args, message) => {
    const { status, error } = await sluice('check', ...args());
    expect(error).toContain(message);
    expect(status).toBe(1);
  });
});
