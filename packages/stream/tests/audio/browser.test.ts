import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium } from '../../../../scripts/browser/open-page.mjs';
import { resultOfScript } from '../../../../scripts/browser/script-page.mjs';
import { outputsOf, SOUND_LENGTH } from './network.js';
import type { PageResult } from './page.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** The strictest policy under which a page can compile WebAssembly. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const flags = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

let browser: Awaited<ReturnType<typeof startChromium>>;
let page: PageResult;
beforeAll(async () => {
  browser = await startChromium(flags);
  const folders = { '/dist/': here('../../dist/') };
  page = await resultOfScript(browser, { script: here('page.ts'), policy, folders });
});
afterAll(() => browser?.close());

describe('SluiceNode in Chromium has the numbers of stream.process in Node', () => {
  test.each([
    ['silero', 576, 2, 512, 64],
    ['compiled', 576, 2, 512, 64],
    ['file', 576, 2, 512, 64],
    ['overlapping', 400, 3, 160, 0],
  ] as const)('%s: results as messages', (name, inputSize, outputSize, hop, context) => {
    const { results, errors } = page[name];
    expect(errors).toEqual([]);
    expect(results.map(({ values }) => values)).toEqual(outputsOf(inputSize, outputSize, hop, context));
    expect(results.map(({ frame }) => frame)).toEqual(results.map((_, i) => i));
    const ends = results.map((_, i) => (i * hop - context + inputSize) / 16_000);
    expect(results.map(({ time }) => time)).toEqual(ends);
  });

  test('audio, later by the latency', () => {
    const { output, latency, results } = page.audio;
    expect(latency).toBe(288 / 16_000);
    const expected = [...new Array(288).fill(0), ...outputsOf(320, 160, 160, 0).flat()];
    expect(output).toEqual(expected.slice(0, SOUND_LENGTH));
    expect(results).toEqual([]);
  });

  test('the status counts frames, and Chromium measures with Date.now', () => {
    const counts = { type: 'status', clock: 'date', skipped: 0, load: true, glitches: expect.any(Number) };
    expect(page.silero.status).toEqual({ ...counts, frames: expect.any(Number) });
  });

  test('a microphone: results, a status, and frames from 0 after reset', () => {
    const { status, frames, different, restarted } = page.microphone!;
    expect(status).toMatchObject({ type: 'status', skipped: 0 });
    expect(frames).toEqual([0, 1, 2, 3, 4]);
    expect(different).toBeGreaterThan(1);
    expect(restarted).toBe(true);
  });

  test.each([
    ['rate', /needs 16000 samples per second, but this audio context has 8000\. Make one with new/],
    ['place', /did not load from \/nowhere\.js\. Serve the file of @sluice\/stream\/processor/],
    ['hop', /hop must be a whole number from 1 to 576, the samples of a frame, but is 577/],
    ['size', /returns as many samples as the hop, 576, but this one returns 2/],
    ['kind', /output must be 'results' or 'audio', but is 'sound'/],
    ['model', /Expected a model of version 1/],
    ['version', /one of version 2/],
    ['beside', /weights beside it, but an audio node needs them inside/],
  ])('what does not fit is refused: %s', (name, message) => {
    expect(page.refusals[name]).toMatch(message);
  });
});
