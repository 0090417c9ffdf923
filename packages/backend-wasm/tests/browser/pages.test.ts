import '@sluice/backend-cpu';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isolation, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { type Outcome, trainClassifier } from './classifier.js';
import { type Browser, resultOfPage, strictPolicy } from './result-of-page.js';

/** TensorFlow.js starts its threads from blobs; nothing else is added to the strict policy. */
const policyWithThreads =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' blob:; connect-src 'self'";

/** The errors of float32 arithmetic after a few training steps. */
const TOLERANCE = 1e-5;

const tensorflowFiles = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/** A page compiles the kernels and TensorFlow.js anew, so the quick tier has one page of each kind. */
const testInFull = test.runIf(testTier() === 'full');
if (testTier() !== 'full') console.log("left out unless SLUICE_TESTS is 'full': some pages");

let browser: Browser;
let expected: Outcome;
beforeAll(async () => {
  browser = await startChromium();
  await tf.setBackend('cpu');
  expected = await trainClassifier();
});
afterAll(() => browser?.close());

const simd = 'tfjs-backend-wasm-simd.wasm';
const threaded = 'tfjs-backend-wasm-threaded-simd.wasm';

describe('a model predicts and trains in a page as on the cpu backend in Node', () => {
  const pages = [
    ['not isolated', {}, 1, strictPolicy, [simd, 'kernels-relaxed.wasm']],
    [
      'isolated, on the memory of two threads',
      isolation,
      2,
      policyWithThreads,
      [threaded, 'kernels-shared-relaxed.wasm'],
    ],
    [
      'isolated, without TensorFlow.js’s threads: the kernels’ threads have a memory of their own',
      isolation,
      1,
      strictPolicy,
      [simd, 'kernels-relaxed.wasm', 'kernels-shared-relaxed.wasm'],
    ],
  ] as const;
  // Threads of TensorFlow.js and of the kernels on one memory: the quick tier has what goes wrong most easily.
  const chosen = pages.filter(([, , threads]) => testTier() === 'full' || threads === 2);
  test.for(chosen)('%s', async ([, headers, threads, policy, loaded]) => {
    const result = await resultOfPage(browser, {
      script: 'tensorflow-page.ts',
      query: `?threads=${threads}`,
      policy,
      headers,
      folders: { '/tfjs/': tensorflowFiles },
    });
    const { outcome, ...page } = result as { outcome: Outcome };
    expect(page).toEqual({ isolated: headers === isolation, threads, loaded });
    expect(outcome.kernels).toContain('SluiceRecurrent');
    expect(outcome.kernels).toContain('SluiceRecurrentGradient');
    expectClose(outcome.losses, expected.losses);
    outcome.predictions.forEach((values, i) => {
      expectClose(values, expected.predictions[i]);
    });
    expect(Math.abs(outcome.predictions[1][0] - outcome.predictions[0][0])).toBeGreaterThan(0.1);
  });
});

describe('selectBackend falls back to cpu', () => {
  const page = { script: 'selecting-page.ts', folders: { '/tfjs/': tensorflowFiles } };

  test('in an isolated page whose policy forbids TensorFlow.js’s workers, without which wasm never starts', async () => {
    expect(await resultOfPage(browser, { ...page, policy: strictPolicy, headers: isolation })).toMatchObject({
      engine: 'wasm',
      selected: {
        backend: 'cpu',
        kernels: true,
        refused: [{ backend: 'wasm', reason: expect.stringMatching(/took longer than 1\.5 s.*blob:/) }],
      },
      numbers: 2,
      current: 'cpu',
    });
  });

  testInFull(
    'in a page that may not compile WebAssembly, with a warning that names the missing policy',
    async () => {
      const policy = "default-src 'none'; script-src 'self'; connect-src 'self'";
      const remedy = /'wasm-unsafe-eval' to its script-src, or use @sluice\/backend-cpu .*\/engine/;
      const result = await resultOfPage(browser, { ...page, policy });
      expect(result).toMatchObject({
        engine: expect.stringMatching(remedy),
        selected: { backend: 'cpu', refused: [{ backend: 'wasm' }] },
        numbers: 2,
        current: 'cpu',
      });
      expect((result as { warnings: string[] }).warnings.join()).toMatch(remedy);
    },
  );
});

describe('threads in a page with a strict Content-Security-Policy', () => {
  const page = { script: 'threads-page.ts', policy: strictPolicy };

  test('isolated: they give the numbers of one thread, before the workers start, with them and after they end', async () => {
    expect(await resultOfPage(browser, { ...page, headers: isolation })).toEqual({
      threads: [3, 1],
      differences: [0, 0, 0, 0],
      workers: 2,
      messages: [],
    });
  });

  testInFull('not isolated: one thread, with a message', async () => {
    expect(await resultOfPage(browser, page)).toEqual({
      threads: [1, 1],
      differences: [0, 0, 0, 0],
      workers: 0,
      messages: [expect.stringMatching(/runs on one thread: this page is not cross-origin isolated/)],
    });
  });
});

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value - wanted[i]), `number ${i}: ${value}, not ${wanted[i]}`).toBeLessThan(TOLERANCE);
  }
}
