import '@sluice/backend-cpu';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isolation, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { type Outcome, trainClassifier } from './classifier.js';
import { type Browser, resultOfPage, strictPolicy } from './pages.js';

/** TensorFlow.js makes its threads of scripts that it writes itself; nothing else may be loosened. */
const policyWithThreads =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' blob:; connect-src 'self'";

/** The errors of float32 arithmetic after a few training steps. */
const TOLERANCE = 1e-5;

const tensorflowFiles = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

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
  test.for([
    ['not isolated', {}, 1, strictPolicy, [simd, 'kernels-relaxed.wasm']],
    [
      'isolated, on the memory of two threads',
      isolation,
      2,
      policyWithThreads,
      [threaded, 'kernels-shared-relaxed.wasm'],
    ],
    [
      'isolated, threads turned off: ours work on a memory of their own',
      isolation,
      1,
      strictPolicy,
      [simd, 'kernels-relaxed.wasm', 'kernels-shared-relaxed.wasm'],
    ],
  ] as const)('%s', async ([, headers, threads, policy, loaded]) => {
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

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value - wanted[i]), `number ${i}: ${value}, not ${wanted[i]}`).toBeLessThan(TOLERANCE);
  }
}
