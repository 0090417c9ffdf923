import { readFileSync } from 'node:fs';
import { decodeSafetensors } from '@sluice/formats/safetensors';
import { createStream } from '@sluice/stream';
import { expect, test } from 'vitest';
import { detector, FRAME, gates, SAMPLE_RATE } from '../src/detector/network.js';

const read = (path: string) => readFileSync(new URL(path, import.meta.url));
const bytes = read('../src/detector/weights.safetensors');
const weights = new Map(
  decodeSafetensors(new Uint8Array(bytes), 'weights').tensors.map(({ name, values }) => [name, values]),
);
/** A second of silence, a sentence of two seconds, a second of silence. */
const sound = Float32Array.from(read('./fixtures/sentence.wav').subarray(44), (byte) => (byte - 128) / 128);

async function probabilities(samples: Float32Array): Promise<number[]> {
  const stream = await createStream(detector, { weights });
  const frames = Math.floor(samples.length / FRAME);
  return Array.from(
    { length: frames },
    (_, i) => stream.process(samples.subarray(i * FRAME, (i + 1) * FRAME))[0],
  );
}

const shareOf = (values: readonly number[]) => values.filter((value) => value >= 0.5).length / values.length;
const frameAt = (seconds: number) => Math.round((seconds * SAMPLE_RATE) / FRAME);

test('the weights are below 50 kB', () => {
  expect(bytes.length).toBeLessThan(50_000);
});

test('a sentence of a voice that was not trained is found, and the silence around it is not', async () => {
  const values = await probabilities(sound);
  expect(shareOf(values.slice(frameAt(1.2), frameAt(2.9)))).toBeGreaterThan(0.85);
  expect(shareOf(values.slice(0, frameAt(0.9)))).toBe(0);
  expect(shareOf(values.slice(frameAt(3.5)))).toBe(0);
});

test('noise and a tone are no speech', async () => {
  let state = 1;
  const noise = Float32Array.from({ length: 2 * SAMPLE_RATE }, () => {
    state = (state * 48271) % 2147483647;
    return 0.2 * (state / 1073741824 - 1);
  });
  const tone = noise.map((_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / SAMPLE_RATE));
  for (const samples of [noise, tone]) expect(shareOf(await probabilities(samples))).toBeLessThan(0.1);
});

test('the values of the GRU follow the probability', async () => {
  const stream = await createStream(detector, { weights });
  const values = stream.process(sound.subarray(SAMPLE_RATE, SAMPLE_RATE + FRAME));
  expect(gates.map(({ name }) => name)).toEqual(['z', 'r', 'n', 'h']);
  const last = gates[gates.length - 1];
  expect(values.length).toBe(1 + last.start + last.width);
  for (const value of values) expect(Math.abs(value)).toBeLessThanOrEqual(1);
});
