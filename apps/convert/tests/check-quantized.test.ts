import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStream } from '@sluice/stream';
import { fromOnnx } from '@sluice/stream/onnx';
import { describe, expect, test } from 'vitest';
import { scratchFolder, sluice, writeArrays } from './command-line.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/stream/fixtures/onnx/${name}.onnx`, import.meta.url));
const detector = fixture('detector');
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
      () => ['model.keras', '--quantize', 'int8', '--data', 'x.npz'],
      '--quantize checks networks in .onnx files',
    ],
  ])('an error says what is wrong', async (args, message) => {
    const { status, error } = await sluice('check', ...args());
    expect(error).toContain(message);
    expect(status).toBe(1);
  });
});
