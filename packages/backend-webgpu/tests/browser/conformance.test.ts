import type { ConformanceReport, TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declaredTests, failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { softwareWebGPU, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { type Browser, resultOfPage } from './pages.js';
import { selectionOf } from './selection.js';

/** The time limit of the page: several times what it takes on a quiet machine. */
const SECONDS = 1800;

const tier = testTier();

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium(softwareWebGPU);
});
afterAll(() => browser?.close());

describe('the conformance suite in a page with a strict Content-Security-Policy', () => {
  // In Node the suite runs with the adapter's limits and features, and with the kernels for software adapters.
  test('with the default limits and no optional feature, with the kernels for GPUs', {
    timeout: 1000 * (SECONDS + 30),
  }, async () => {
    const expected = await declaredTests({ tier, ...selectionOf(tier) });
    const page = { script: 'conformance-page.ts', query: `?tier=${tier}`, seconds: SECONDS };
    const { report, conformance } = (await resultOfPage(browser, page)) as {
      readonly report: TestReport;
      readonly conformance: ConformanceReport;
    };
    expect(failureTexts(report)).toEqual([]);
    expect(report).toEqual({ passed: expected, skipped: 0, failures: [] });
    expect(expected).toBeGreaterThan(tier === 'full' ? 4700 : 300);
    expect(conformance).toMatchObject({
      backend: 'webgpu',
      tier,
      // All cells, but not all of those with random equations.
      conforming: false,
      ...(tier === 'full' && { reasons: ['only 25 of 300 cells with random equations were selected'] }),
      passed: expected,
      notRun: 0,
    });
    const errors = conformance.worstErrors.flatMap(({ forward, gradient }) => [forward, gradient / 10]);
    expect(Math.max(...errors)).toBeGreaterThan(0);
    expect(Math.max(...errors)).toBeLessThanOrEqual(conformance.tolerances.forward);
  });
});
