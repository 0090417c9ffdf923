import type { ConformanceReport, TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declaredTests, failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { isolation, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { type Browser, resultOfPage, strictPolicy } from './result-of-page.js';

/** The time limit of a page: many times what it needs on an idle machine. */
const SECONDS = 240;

const tier = testTier();

interface Result {
  readonly report: TestReport;
  readonly conformance: ConformanceReport;
}

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

const pages = [
  ['not isolated', {}, 'own'],
  ['cross-origin isolated, on a shared memory', isolation, 'shared'],
] as const;
if (tier !== 'full')
  console.log("left out unless SLUICE_TESTS is 'full': the suite on a shared memory in a page");

// In the quick tier the page tests the half of the cells that Node does not test.
describe('the conformance suite in a page with a strict Content-Security-Policy', () => {
  test.concurrent.for(tier === 'full' ? pages : pages.slice(0, 1))(
    '%s',
    { timeout: 1000 * (SECONDS + 30) },
    async ([, headers, memory]) => {
      const cells = tier === 'full' ? 'all' : 'second half';
      const expected = await declaredTests({ tier, cells });
      const result = await resultOfPage(browser, {
        script: 'conformance-page.ts',
        query: `?${new URLSearchParams({ memory, tier, cells })}`,
        policy: strictPolicy,
        headers,
        seconds: SECONDS,
      });
      const { report, conformance, ...page } = result as Result;
      expect(page).toEqual(
        memory === 'shared'
          ? { isolated: true, loaded: ['kernels-shared-relaxed.wasm'] }
          : { isolated: false, loaded: ['kernels-relaxed.wasm'] },
      );
      expect(failureTexts(report)).toEqual([]);
      expect(report).toEqual({ passed: expected, skipped: 0, failures: [] });
      expect(expected).toBeGreaterThan(tier === 'full' ? 4700 : 800);
      expect(conformance).toMatchObject({
        backend: 'wasm',
        tier,
        conforming: tier === 'full',
        passed: expected,
        notRun: 0,
      });
      const errors = conformance.worstErrors.flatMap(({ forward, gradient }) => [forward, gradient / 10]);
      expect(Math.max(...errors)).toBeGreaterThan(0);
      expect(Math.max(...errors)).toBeLessThanOrEqual(conformance.tolerances.forward);
    },
  );
});
