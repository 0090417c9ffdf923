import { describe, expect, test } from 'vitest';
import { BlockRunner, type FrameStream } from '../../src/audio/block-runner.js';
import { type Framing, outputLatency } from '../../src/audio/frame-queue.js';
import type { OutputKind, ProcessorMessage } from '../../src/audio/messages.js';
import { framesOf, sound } from './network.js';

const QUANTUM = 128;
const RATE = 16_000;
const clock = { name: 'none', step: 0, now: () => 0 } as const;

/** Runs sound through a runner in quanta. */
function play(stream: () => FrameStream, framing: Framing, output: OutputKind, samples: Float32Array) {
  const messages: ProcessorMessage[] = [];
  const settings = { framing, output, sampleRate: RATE, quantum: QUANTUM, clock };
  const runner = new BlockRunner(stream, settings, (message) => messages.push(structuredClone(message)));
  const played: number[] = [];
  for (let at = 0; at < samples.length; at += QUANTUM) {
    const out = new Float32Array(QUANTUM);
    runner.process(samples.subarray(at, at + QUANTUM), out, at);
    played.push(...out);
  }
  const of = <Type extends ProcessorMessage['type']>(type: Type) =>
    messages.filter((message): message is Extract<ProcessorMessage, { type: Type }> => message.type === type);
  return { runner, played, results: of('result'), errors: of('error'), statuses: of('status') };
}

/** Returns a part of its frame. */
const partOf = (start: number, length: number) => (): FrameStream => ({
  process: (frame) => frame.slice(start, start + length),
  reset: () => {},
});

const FRAMINGS: Framing[] = [
  { size: 512, hop: 512, context: 0 },
  { size: 576, hop: 512, context: 64 },
  { size: 480, hop: 480, context: 0 },
  { size: 400, hop: 160, context: 0 },
  { size: 128, hop: 128, context: 0 },
  { size: 33, hop: 7, context: 5 },
  { size: 1, hop: 1, context: 0 },
  { size: 900, hop: 900, context: 899 },
];

describe.each(FRAMINGS)('frames of $size, hop $hop, context $context', (framing) => {
  const { size, hop, context } = framing;
  const samples = sound(QUANTUM * 40);

  test('are those of plain indices, with their times', () => {
    const { results } = play(partOf(0, size), framing, 'results', samples);
    const expected = framesOf(samples, size, hop, context);
    expect(results.map(({ values }) => values)).toEqual(expected);
    expect(results.map(({ frame }) => frame)).toEqual(expected.map((_, i) => i));
    expect(results.map(({ time }) => time)).toEqual(
      expected.map((_, i) => (i * hop - context + size) / RATE),
    );
  });

  test('are played without a gap after the latency, which cannot be less', () => {
    const first = Math.min(context, size - hop);
    const { played } = play(partOf(first, hop), framing, 'audio', samples);
    const latency = outputLatency(framing, QUANTUM);
    // Where the context is longer than what overlaps, frames reach back.
    const silence = new Array(latency + context - first).fill(0);
    expect(played).toEqual([...silence, ...samples].slice(0, samples.length));
    let missing = 0;
    for (let end = QUANTUM; end <= samples.length; end += QUANTUM) {
      missing = Math.max(missing, end - hop * framesOf(samples.subarray(0, end), size, hop, context).length);
    }
    expect(latency).toBe(missing);
  });
});

test('frames that do not fit are refused', () => {
  const make = (framing: Framing) => () => play(partOf(0, 1), framing, 'results', sound(128));
  expect(make({ size: 10, hop: 11, context: 0 })).toThrow('hop must be a whole number from 1 to 10');
  expect(make({ size: 10, hop: 0.5, context: 0 })).toThrow(/but is 0.5/);
  expect(make({ size: 10, hop: 1, context: 10 })).toThrow('context must be a whole number from 0 to 9');
});

describe('what goes wrong does not stop the audio', () => {
  const framing = { size: 64, hop: 64, context: 0 };
  const samples = sound(QUANTUM * 100);
  const negated = (): FrameStream => ({ process: (frame) => frame.map((x) => -x), reset: () => {} });

  test('numbers that are not finite: their frames are skipped and counted, and played with zeros', () => {
    const broken = samples.slice();
    broken[70] = Number.NaN;
    broken[200] = Number.POSITIVE_INFINITY;
    const { results, statuses, errors } = play(negated, framing, 'results', broken);
    expect(results.slice(0, 4).map(({ frame }) => frame)).toEqual([0, 2, 4, 5]);
    expect(statuses[0]).toMatchObject({ skipped: 2, frames: 126 });
    expect(errors).toEqual([]);
    const { played } = play(negated, framing, 'audio', broken);
    const isSkipped = (n: number) => (n >= 64 && n < 128) || (n >= 192 && n < 256);
    const expected = Array.from(samples, (x, n) => (isSkipped(n) ? x : -x));
    expected[70] = 0;
    expected[200] = 0;
    expect(played).toEqual(expected);
  });

  test('results that are not finite: they are dropped, and the states start again', () => {
    let resets = 0;
    let calls = 0;
    const stream = (): FrameStream => ({
      process: () => Float32Array.of(calls++ === 3 ? Number.NaN : 1),
      reset: () => {
        resets++;
      },
    });
    const { results, statuses } = play(stream, framing, 'results', samples);
    expect(results.slice(0, 5).map(({ frame }) => frame)).toEqual([0, 1, 2, 4, 5]);
    expect(resets).toBe(1);
    expect(statuses.at(-1)).toMatchObject({ skipped: 1 });
  });

  test('an error is sent once; the input is played until reset', () => {
    let calls = 0;
    const stream = (): FrameStream => ({
      process: (frame) => {
        if (calls++ >= 2) throw new Error('out of bounds');
        return frame.map((x) => -x);
      },
      reset: () => {
        calls = 0;
      },
    });
    const { played, errors, runner } = play(stream, framing, 'audio', samples);
    expect(errors).toEqual([{ type: 'error', message: 'out of bounds' }]);
    expect(played).toEqual(Array.from(samples, (x, n) => (n < 128 ? -x : x)));
    runner.reset();
    const out = new Float32Array(QUANTUM);
    runner.process(samples.subarray(0, QUANTUM), out, samples.length);
    expect(out).toEqual(samples.subarray(0, QUANTUM).map((x) => -x));
  });

  test('a model that does not start: the error is sent, and the input is played', () => {
    const stream = () => {
      throw new TypeError('no model');
    };
    const { played, errors, results } = play(stream, framing, 'audio', samples);
    expect(errors).toEqual([{ type: 'error', message: 'no model' }]);
    expect(results).toEqual([]);
    expect(played).toEqual([...samples]);
  });
});
